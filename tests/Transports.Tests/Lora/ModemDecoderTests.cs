using System.Buffers;
using System.Text;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;
using QuicProChat.Mesh.Transports.Lora.Modems.Reyax;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class ModemDecoderTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(1);

    [Fact]
    public void Kiss_escapes_as_the_protocol_description_shows()
    {
        ArrayBufferWriter<byte> frame = new();
        Kiss.Write(frame, 0x01, [0x33, 0xC0, 0xC0, 0x00]);
        Assert.Equal("C00133DBDCDBDC00C0", Convert.ToHexString(frame.WrittenSpan));
        frame = new ArrayBufferWriter<byte>();
        Kiss.Write(frame, 0x00, [0xDB, 0xC0]);
        Assert.Equal("C000DBDDDBDCC0", Convert.ToHexString(frame.WrittenSpan));
    }

    [Fact]
    public void Kiss_reads_what_it_writes_whatever_it_is()
    {
        Random random = new(1);
        KissReader reader = new(508, TimeSpan.FromMilliseconds(100));
        for (int i = 0; i < 2_000; i++)
        {
            byte[] data = new byte[random.Next(1, 508)];
            random.NextBytes(data);
            ArrayBufferWriter<byte> frame = new();
            Kiss.Write(frame, (byte)random.Next(0xC0), data);
            Assert.Equal([data], ReadKiss(reader, frame.WrittenSpan, Start));
        }
        Assert.Equal(0, reader.Garbage);
    }

    [Fact]
    public void Kiss_survives_noise_before_between_and_inside_frames()
    {
        KissReader reader = new(508, TimeSpan.FromMilliseconds(100));
        byte[] boot = Encoding.ASCII.GetBytes("ets Jul 29 2019\r\n");
        Assert.Equal([[1, 2]], ReadKiss(reader, [.. boot, 0xC0, 0xC0, 0x23, 1, 2, 0xC0], Start));
        // An escape that nobody makes breaks the frame; the next one is read again.
        Assert.Equal([[7]], ReadKiss(reader, [0xC0, 0, 1, 0xDB, 0x11, 2, 0xC0, 0xC0, 0, 7, 0xC0], Start));
        // Too long for any frame.
        Assert.Equal([[8]], ReadKiss(reader, [0xC0, .. new byte[2_000], 0xC0, 0xC0, 0, 8, 0xC0], Start));
    }

    [Fact]
    public void Kiss_abandons_half_a_frame_after_silence()
    {
        KissReader reader = new(508, TimeSpan.FromMilliseconds(100));
        Assert.Empty(ReadKiss(reader, [0xC0, 0, 1, 2], Start));
        Assert.Equal([[9]], ReadKiss(reader, [0xC0, 0, 9, 0xC0], Start + TimeSpan.FromMilliseconds(101)));
        Assert.Equal(3, reader.Garbage);
    }

    [Fact]
    public void Base85_agrees_with_the_published_vector_and_reverses_everything()
    {
        // ZeroMQ RFC 32, test case.
        byte[] bytes = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B];
        byte[] text = new byte[10];
        Assert.Equal(10, Base85.Encode(bytes, text));
        Assert.Equal("HelloWorld", Encoding.ASCII.GetString(text));
        Random random = new(2);
        for (int i = 0; i < 2_000; i++)
        {
            byte[] data = new byte[random.Next(193)];
            random.NextBytes(data);
            byte[] encoded = new byte[Base85.EncodedLength(data.Length)];
            Assert.Equal(encoded.Length, Base85.Encode(data, encoded));
            Assert.True(encoded.Length <= 240);
            Assert.DoesNotContain((byte)'\r', encoded);
            byte[] back = new byte[encoded.Length];
            Assert.True(Base85.TryDecode(encoded, back, out int written));
            Assert.Equal(data, back[..written]);
        }
        Assert.False(Base85.TryDecode("a"u8, new byte[8], out _));
        Assert.False(Base85.TryDecode("abcd,"u8, new byte[8], out _));
        Assert.False(Base85.TryDecode("#####"u8, new byte[8], out _));
    }

    [Fact]
    public void A_REYAX_packet_is_read_by_length_with_commas_and_line_ends_inside()
    {
        byte[] data = Encoding.ASCII.GetBytes("a,b\r\n+OK\r\n+RCV=1,2,x");
        byte[] report = [.. Encoding.ASCII.GetBytes($"+RCV=50,{data.Length},"), .. data, .. "\0,-85,8\r\n"u8.ToArray()
            .AsSpan(1)];
        (List<string> lines, List<byte[]> packets) =
            ReadReyax(new ReyaxReader(), [.. "+OK\r\n"u8, .. report, .. "+ERR=17\r\n"u8], Start);
        Assert.Equal(["+OK", "+ERR=17"], lines);
        Assert.Equal([data], packets);
    }

    [Fact]
    public void A_REYAX_report_cut_at_any_byte_does_not_spoil_the_next()
    {
        byte[] report = [.. "+RCV=1,5,HELLO,-85,8\r\n"u8];
        for (int cut = 0; cut < report.Length; cut++)
        {
            ReyaxReader reader = new();
            Assert.Empty(ReadReyax(reader, report[..cut], Start).Packets);
            Assert.Single(ReadReyax(reader, report, Start + TimeSpan.FromSeconds(1)).Packets);
        }
    }

    [Fact]
    public void Nothing_that_a_modem_says_breaks_a_decoder()
    {
        Random random = new(3);
        byte[] seed = [.. "+RCV=1,5,HELLO,-85,8\r\n+OK\r\n+ERR=1\r\n"u8, .. E22Frame.Write([1, 2, 3]), 0xC0, 0, 1, 0xDB,
            0xDC, 0xC0];
        ReyaxReader reyax = new();
        KissReader kiss = new(508, TimeSpan.FromMilliseconds(100));
        E22Reader e22 = new();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. seed];
            for (int k = random.Next(1, 6); k > 0; k--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            TimeSpan now = Start + TimeSpan.FromMilliseconds(random.Next(10) * i);
            ReadReyax(reyax, bytes, now);
            ReadKiss(kiss, bytes, now);
            ReadE22(e22, bytes, now);
        }
    }

    [Fact]
    public void An_E22_frame_is_found_in_noise_with_its_signal_strength()
    {
        byte[] frame = E22Frame.Write([1, 2, 3]);
        (byte[] Data, int? Rssi)[] read =
            ReadE22(new E22Reader(), [0xA7, 0xFF, 9, 0xA7, 5, .. frame, 256 - 90, .. frame, 256 - 89], Start);
        Assert.Equal([-90, -89], read.Select(r => r.Rssi));
        Assert.All(read, r => Assert.Equal([1, 2, 3], r.Data));
    }

    [Fact]
    public void Two_E22_frames_in_one_sub_packet_are_told_from_a_signal_strength()
    {
        byte[] one = E22Frame.Write([1]);
        byte[] two = E22Frame.Write([2]);
        (byte[] Data, int? Rssi)[] read = ReadE22(new E22Reader(), [.. one, .. two, 256 - 60], Start);
        Assert.Equal([null, -60], read.Select(r => r.Rssi));
    }

    [Fact]
    public void An_E22_frame_without_signal_strength_comes_out_when_time_is_up()
    {
        E22Reader reader = new();
        Assert.Empty(ReadE22(reader, E22Frame.Write([5]), Start));
        Assert.True(reader.TryTake(withRssi: true, reader.Deadline, out byte[] data, out int? rssi));
        Assert.Equal([5], data);
        Assert.Null(rssi);
        Assert.Equal(TimeSpan.MaxValue, reader.Deadline);
    }

    [Fact]
    public void Every_damage_to_an_E22_frame_is_noticed()
    {
        byte[] frame = E22Frame.Write([10, 20, 30, 40]);
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            byte[] damaged = [.. frame];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            E22Reader reader = new();
            Assert.Empty(ReadE22(reader, [.. damaged, 0], Start));
            Assert.False(reader.TryTake(withRssi: true, Start + TimeSpan.FromSeconds(1), out _, out _));
        }
    }

    private static List<byte[]> ReadKiss(KissReader reader, ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        List<byte[]> frames = [];
        foreach (byte b in bytes)
        {
            if (reader.TryRead(b, now, out _, out ReadOnlySpan<byte> argument))
                frames.Add(argument.ToArray());
        }
        return frames;
    }

    private static (
        List<string> Lines, List<byte[]> Packets) ReadReyax(ReyaxReader reader, ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        List<string> lines = [];
        List<byte[]> packets = [];
        foreach (byte b in bytes)
        {
            ReyaxReader.Unit unit = reader.Read(b, now, out ReadOnlySpan<byte> line, out ReyaxPacket packet);
            if (unit == ReyaxReader.Unit.Line)
                lines.Add(Encoding.Latin1.GetString(line));
            else if (unit == ReyaxReader.Unit.Packet)
                packets.Add(packet.Data.ToArray());
        }
        return (lines, packets);
    }

    private static (byte[] Data, int? Rssi)[] ReadE22(E22Reader reader, ReadOnlySpan<byte> bytes, TimeSpan now)
    {
        List<(byte[], int?)> frames = [];
        while (!bytes.IsEmpty)
        {
            bytes = bytes[reader.Add(bytes, now)..];
            while (reader.TryTake(withRssi: true, now, out byte[] data, out int? rssi))
                frames.Add((data, rssi));
        }
        return [.. frames];
    }
}
