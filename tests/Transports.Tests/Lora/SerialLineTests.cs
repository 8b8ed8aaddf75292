using System.Diagnostics;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora.Serial;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class SerialLineTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public void All_bytes_pass_both_ways_untranslated()
    {
        using Pty pty = new();
        using SerialLine line = SerialLine.Open(pty.Device, 115_200);
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i), 13, 10, 3, 4, 17, 19, 26, 28];
        Assert.Equal(all.Length, line.Write(all));
        Assert.Equal(all, ReadAll(pty, all.Length));
        pty.Write(all);
        Assert.Equal(all, ReadAll(line, all.Length));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(9_600)]
    [InlineData(115_200)]
    [InlineData(123_457)]
    [InlineData(3_000_000)]
    public void Any_speed_is_taken(int baud)
    {
        using Pty pty = new();
        using SerialLine line = SerialLine.Open(pty.Device, baud);
        // CS8 (30h), CREAD (80h), CLOCAL (800h), BOTHER (1000h): no parity, one stop bit, no flow control; all else
        // raw.
        Assert.Equal((0u, 0u, 0x18B0u, 0u, (uint)baud, (uint)baud), pty.Settings());
        line.SetBaud(57_600);
        Assert.Equal(57_600u, pty.Settings().SpeedIn);
        Assert.Equal(57_600u, pty.Settings().SpeedOut);
    }

    [Fact]
    public void A_pulled_cable_is_a_hang_up_after_the_last_bytes()
    {
        using Pty pty = new();
        using SerialLine line = SerialLine.Open(pty.Device, 115_200);
        pty.Read();
        byte[] buffer = new byte[16];
        pty.Write([1, 2, 3]);
        Assert.Equal(LineEvent.Data, line.Wait(buffer, false, Soon, out int count));
        Assert.Equal(3, count);
        pty.Unplug();
        Assert.Equal(LineEvent.HungUp, line.Wait(buffer, false, Soon, out _));
        Assert.Equal(-1, line.Write([1]));
    }

    [Fact]
    public async Task A_pulled_cable_ends_a_wait_that_is_under_way()
    {
        using Pty pty = new();
        using SerialLine line = SerialLine.Open(pty.Device, 115_200);
        Task<LineEvent> wait = Task.Run(() => line.Wait(new byte[16], false, TimeSpan.FromMinutes(1), out _));
        pty.Unplug();
        Assert.Equal(LineEvent.HungUp, await wait.WaitAsync(Soon));
    }

    [Fact]
    public async Task A_wake_up_ends_a_wait_that_is_under_way_and_one_that_follows()
    {
        using Pty pty = new();
        using SerialLine line = SerialLine.Open(pty.Device, 115_200);
        Task<LineEvent> wait = Task.Run(() => line.Wait(new byte[16], false, TimeSpan.FromMinutes(1), out _));
        line.Wake();
        Assert.Equal(LineEvent.Woken, await wait.WaitAsync(Soon));
        line.Wake();
        Assert.Equal(LineEvent.Woken, line.Wait(new byte[16], false, TimeSpan.FromMinutes(1), out _));
        Assert.Equal(LineEvent.Timeout, line.Wait(new byte[16], false, TimeSpan.FromMilliseconds(1), out _));
        line.Dispose();
        line.Wake();
    }

    [Fact]
    public void A_device_that_somebody_holds_is_not_opened_twice()
    {
        using Pty pty = new();
        using (SerialLine.Open(pty.Device, 115_200))
        {
            DeviceHeldException e = Assert.Throws<DeviceHeldException>(() => SerialLine.Open(pty.Device, 115_200));
            Assert.Contains("another process holds", e.Message, StringComparison.Ordinal);
        }
        SerialLine.Open(pty.Device, 115_200).Dispose();
    }

    [Fact]
    public void What_is_no_serial_device_is_named()
    {
        // A file of its own: who else tries /dev/null at this moment holds its lock.
        string file = Path.GetTempFileName();
        Assert.Contains("not a serial device", Refusal(file), StringComparison.Ordinal);
        Assert.Contains("no such device", Refusal("/dev/ttyNONE7"), StringComparison.Ordinal);
        File.Delete(file);

        static string Refusal(string path) => Assert.Throws<IOException>(() => SerialLine.Open(path, 9_600)).Message;
    }

    [Fact]
    public void A_link_that_means_another_device_is_noticed()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-serial").FullName;
        string link = Path.Combine(directory, "usb-modem");
        using Pty first = new(link);
        using SerialLine line = SerialLine.Open(link, 115_200);
        Assert.True(line.NameStillMeansThis());
        using Pty second = new(link);
        Assert.False(line.NameStillMeansThis());
        File.Delete(link);
        Assert.False(line.NameStillMeansThis());
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Only_known_architectures_are_served()
    {
        Assert.True(TermiosAbi.IsSupported(System.Runtime.InteropServices.Architecture.Arm));
        Assert.True(TermiosAbi.IsSupported(System.Runtime.InteropServices.Architecture.Arm64));
        Assert.False(TermiosAbi.IsSupported(System.Runtime.InteropServices.Architecture.Ppc64le));
    }

    private static byte[] ReadAll(Pty pty, int count)
    {
        List<byte> read = [];
        Stopwatch clock = Stopwatch.StartNew();
        while (read.Count < count && clock.Elapsed < Soon)
            read.AddRange(pty.Read());
        return [.. read];
    }

    private static byte[] ReadAll(SerialLine line, int count)
    {
        List<byte> read = [];
        byte[] buffer = new byte[64];
        while (read.Count < count && line.Wait(buffer, false, Soon, out int n) == LineEvent.Data)
            read.AddRange(buffer.AsSpan(0, n));
        return [.. read];
    }
}
