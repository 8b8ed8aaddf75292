using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>A point-to-point network device of a machine whose packets the test reads and writes.</summary>
internal sealed partial class TunDevice : IDisposable
{
    private const string Name = "bad0";

    // linux/if_tun.h, linux/if.h: struct ifreq { char name[16]; short flags; ... }
    private const nuint SetInterface = 0x400454CA;
    private const short Tun = 0x0001;
    private const short NoPacketInformation = 0x1000;
    private const int RequestSize = 40;
    private const int FlagsOffset = 16;

    // poll(2)
    private const short PollIn = 1;

    private readonly SafeFileHandle _handle;

    internal TunDevice(string machine, string address, string peer)
    {
        _handle = Namespaces.On(machine, Create);
        Shell.Do("ip", "-n", machine, "address", "add", address, "peer", peer, "dev", Name);
        Shell.Do("ip", "-n", machine, "link", "set", Name, "up");
    }

    /// <summary>Reads a packet; 0 if none came in time.</summary>
    internal int Read(byte[] packet, TimeSpan within)
    {
        var request = new PollRequest { Descriptor = (int)_handle.DangerousGetHandle(), Events = PollIn };
        if (Poll(ref request, 1, (int)Math.Ceiling(within.TotalMilliseconds)) <= 0)
            return 0;
        return Math.Max(0, (int)ReadPacket(_handle, packet, (nuint)packet.Length));
    }

    /// <summary>Writes a packet; a device that is down takes none, as a cable without a machine at its end.</summary>
    internal void Write(byte[] packet) => WritePacket(_handle, packet, (nuint)packet.Length);

    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle Create()
    {
        SafeFileHandle handle =
            File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] request = new byte[RequestSize];
        Encoding.ASCII.GetBytes(Name, request);
        BitConverter.TryWriteBytes(request.AsSpan(FlagsOffset), (short)(Tun | NoPacketInformation));
        return Control(handle, SetInterface, request) == 0
            ? handle
            : throw new IOException($"no tun device: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollRequest request, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadPacket(SafeFileHandle handle, byte[] buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WritePacket(SafeFileHandle handle, byte[] buffer, nuint size);

    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Result;
    }
}
