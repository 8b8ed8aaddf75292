using System.Buffers;

namespace QuicProChat.Mesh.Wire.Tests;

public sealed class FrameTests
{
    [Fact]
    public void Three_hundred_custody_answers_of_one_code_come_back_in_order()
    {
        byte[] body = new byte[4096];
        var writer = new CustodyAck.Writer(body);
        for (ulong i = 0; i < 300; i++)
            Assert.True(writer.TryAdd(CustodyCode.Taken, i));
        Assert.Equal(2 * 2 + 300 * 8, writer.Length);

        Assert.True(CustodyAck.TryRead(body.AsSpan(0, writer.Length), out CustodyAck ack));
        Assert.Equal(300, ack.Count);
        ulong expected = 0;
        foreach (CustodyAnswer answer in ack)
            Assert.Equal(new CustodyAnswer(CustodyCode.Taken, expected++), answer);
    }

    [Fact]
    public void A_custody_writer_without_room_writes_nothing_more()
    {
        byte[] body = new byte[19];
        var writer = new CustodyAck.Writer(body);
        Assert.True(writer.TryAdd(CustodyCode.Taken, 1));
        Assert.False(writer.TryAdd(CustodyCode.NoSpace, 2));
        Assert.True(writer.TryAdd(CustodyCode.Taken, 3));
        Assert.False(writer.TryAdd(CustodyCode.Taken, 4));
        Assert.True(CustodyAck.TryRead(body.AsSpan(0, writer.Length), out CustodyAck ack));
        Assert.Equal(2, ack.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("060111111111111111")]
    public void An_empty_acknowledgement_an_empty_or_a_cut_group_is_refused(string hex)
    {
        Assert.False(CustodyAck.TryRead(Convert.FromHexString(hex), out _));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(255)]
    public void A_code_of_a_later_version_is_read_as_it_is(byte code)
    {
        Assert.True(CustodyAck.TryRead([code, 1, 1, 2, 3, 4, 5, 6, 7, 8], out CustodyAck ack));
        foreach (CustodyAnswer answer in ack)
            Assert.Equal(new CustodyAnswer((CustodyCode)code, 0x0102030405060708), answer);
        Assert.Equal(1, ack.Count);
    }

    [Fact]
    public void More_than_the_allowed_number_of_ids_routes_or_names_is_refused()
    {
        byte[] ack = [.. Enumerable.Range(0, 5).SelectMany(_ => (byte[])[0, 205, .. new byte[205 * 8]])];
        Assert.False(CustodyAck.TryRead(ack, out _));
        Assert.True(CustodyAck.TryRead(ack.AsSpan(0, ack.Length / 5 * 4), out _));
        Assert.False(RouteUpdate.TryRead(new byte[RouteUpdate.SizeOf(2049)], out _));
        Assert.True(RouteUpdate.TryRead(new byte[RouteUpdate.SizeOf(2048)], out _));
        Assert.False(AnnounceRequest.TryRead(new byte[AnnounceRequest.SizeOf(129)], out _));
        Assert.True(AnnounceRequest.TryRead(new byte[AnnounceRequest.SizeOf(128)], out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => AnnounceRequest.Write(new byte[2000], new Abbreviation[129]));
    }

    [Fact]
    public void A_route_costs_twelve_bytes_and_a_full_writer_says_so()
    {
        byte[] body = new byte[RouteUpdate.SizeOf(1) + 11];
        var writer = new RouteUpdate.Writer(body, 1, RouteUpdateFlags.None);
        Assert.True(writer.TryAdd(new RouteEntry(new Abbreviation(1), 1, Metric.Zero)));
        Assert.False(writer.TryAdd(new RouteEntry(new Abbreviation(2), 1, Metric.Zero)));
        Assert.Equal(RouteUpdate.HeaderSize + 12, writer.Length);
    }

    [Fact]
    public void A_link_may_end_with_a_code_of_a_later_version()
    {
        Assert.True(Bye.TryRead([0xC8], out Bye bye));
        Assert.Equal(0xC8, (byte)bye.Code);
    }

    [Fact]
    public void A_hello_of_another_version_parses_so_that_the_link_can_end_with_a_reason()
    {
        byte[] bytes = Codec.Named("Hello").Example.ToArray();
        bytes[2] = 9;
        Assert.True(Hello.TryRead(bytes, out Hello hello));
        Assert.NotEqual((uint)Hello.CurrentVersion, hello.Version);
    }

    [Fact]
    public void A_hello_skips_unknown_keys_whatever_their_value()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(6);
        writer.Write(99);
        writer.WriteArrayHeader(2);
        writer.WriteMapHeader(1);
        writer.Write("a");
        writer.Write(1.5);
        writer.WriteBinary(new byte[30]);
        WriteRequired(writer);
        writer.Write(1UL << 32 - 1);
        writer.WriteNil();
        writer.Write(64);
        writer.WriteExtension(1, new byte[5]);
        Assert.True(Hello.TryRead(output.WrittenSpan, out Hello hello));
        Assert.Equal(1u, hello.Version);
        Assert.True(hello.Name.IsEmpty);
        Assert.True(hello.NetworkId.IsEmpty);
        Assert.Equal(Capabilities.None, hello.Capabilities);
    }

    [Theory]
    [InlineData("8301010519ffff07c4080102030405060708", "a largest frame that is a negative number")]
    [InlineData("830101059f07c4080102030405060708", "a largest frame below the announce budget")]
    [InlineData("82010105cdffff", "no boot id")]
    [InlineData("8205cdffff07c4080102030405060708", "no version")]
    [InlineData("82010107c4080102030405060708", "no largest frame")]
    [InlineData("840101010105cdffff07c4080102030405060708", "a key twice")]
    [InlineData("83010105cdffff07c40701020304050607", "a boot id that is too short")]
    [InlineData("84010105cdffff07c408010203040506070804c40700112233445566", "a network id that is too short")]
    [InlineData("84010105cdffff07c408010203040506070803a11b", "a name with an escape character")]
    [InlineData("84010105cdffff07c408010203040506070802ce00010000", "capabilities beyond 16 bits")]
    [InlineData("83010105cdffff07c408010203040506070800", "bytes behind the map")]
    public void A_hello_with_a_fault_is_refused(string hex, string fault)
    {
        Assert.False(Hello.TryRead(Convert.FromHexString(hex), out _), fault);
    }

    [Fact]
    public void The_faulty_hellos_differ_from_a_good_one_only_by_their_fault()
    {
        Assert.True(Hello.TryRead(Convert.FromHexString("83010105cdffff07c4080102030405060708"), out Hello hello));
        Assert.Equal(0x0102030405060708ul, hello.BootId);
        Assert.Equal(65535, hello.MaxFrame);
        Assert.Equal(0u, hello.DialNumber);
    }

    [Theory]
    [InlineData("", HelloFaultKind.NoMap, 0)]
    [InlineData("05", HelloFaultKind.NoMap, 0)]
    [InlineData("83", HelloFaultKind.NoMap, 0)]
    [InlineData("83c0010105cdffff07c4080102030405060708", HelloFaultKind.BadKey, 0)]
    [InlineData("840101010105cdffff07c4080102030405060708", HelloFaultKind.KeyTwice, 1)]
    [InlineData("830101059f07c4080102030405060708", HelloFaultKind.BadValue, 5)]
    [InlineData("83010105cdffff07c40801020304", HelloFaultKind.BadValue, 7)]
    [InlineData("84010105cdffff07c408010203040506070809c40101", HelloFaultKind.BadValue, 9)]
    [InlineData("82010105cdffff", HelloFaultKind.KeyMissing, 7)]
    [InlineData("8205cdffff07c4080102030405060708", HelloFaultKind.KeyMissing, 1)]
    [InlineData("83010105cdffff07c408010203040506070800", HelloFaultKind.Longer, 0)]
    public void What_is_wrong_with_a_hello_is_said(string hex, HelloFaultKind kind, uint key)
    {
        Assert.False(Hello.TryRead(Convert.FromHexString(hex), out _, out HelloFault fault));
        Assert.Equal((kind, key),
            (fault.Kind, fault.Kind is HelloFaultKind.NoMap or HelloFaultKind.Longer or HelloFaultKind.BadKey ? 0
                : fault.Key));
        Assert.NotEmpty(fault.ToString());
    }

    [Fact]
    public void A_hello_that_is_too_large_is_said_to_be()
    {
        Assert.False(Hello.TryRead(new byte[Limits.Arbitrary.MaxHello + 1], out _, out HelloFault fault));
        Assert.Equal(HelloFaultKind.TooLarge, fault.Kind);
        foreach (HelloFaultKind kind in Enum.GetValues<HelloFaultKind>())
            Assert.NotEmpty(new HelloFault(kind, 1).ToString());
    }

    [Fact]
    public void A_hello_carries_the_proof_of_a_newer_certificate()
    {
        byte[] proof = new byte[Identity.CertificateNumber.Size];
        Random.Shared.NextBytes(proof);
        byte[] bytes = Codec.WriteHello(
            new Hello { Version = 1, MaxFrame = 65535, BootId = 1, NewerCertificate = proof });
        Assert.True(Hello.TryRead(bytes, out Hello hello));
        Assert.True(hello.NewerCertificate.SequenceEqual(proof));
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(Hello.TryRead(bytes.AsSpan(0, length), out _));
        Assert.Throws<ArgumentException>(
            () => Codec.WriteHello(
                new Hello { Version = 1, MaxFrame = 200, BootId = 1, NewerCertificate = new byte[3] }));
    }

    [Fact]
    public void A_hello_that_its_reader_would_refuse_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => Codec.WriteHello(new Hello { Version = 1, MaxFrame = 100, BootId = 1 }));
        Assert.Throws<ArgumentException>(
            () => Codec.WriteHello(new Hello { Version = 1, MaxFrame = 200, BootId = 1, NetworkId = new byte[3] }));
    }

    [Fact]
    public void Received_frames_come_out_whole_and_a_cut_one_ends_the_batch()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16);
        new byte[] { 0, 1, 0x02, 0, 2, 0x03, 0x04, 0, 9, 1 }.CopyTo(buffer, 0);
        var frames = new ReceivedFrames(buffer, 10);
        Assert.True(frames.TryNext(out ReadOnlySpan<byte> first));
        Assert.Equal([0x02], first.ToArray());
        Assert.True(frames.TryNext(out ReadOnlySpan<byte> second));
        Assert.Equal([0x03, 0x04], second.ToArray());
        Assert.False(frames.TryNext(out _));
        frames.Dispose();
        Assert.False(frames.TryNext(out _));
    }

    private static void WriteRequired(MessagePackWriter writer)
    {
        writer.Write(1);
        writer.Write(1);
        writer.Write(5);
        writer.Write(160);
        writer.Write(7);
        writer.WriteBinary(new byte[8]);
    }
}
