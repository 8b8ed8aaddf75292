using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Mls.Bench;

/// <summary>CPU time of this thread in nanoseconds, so that neighbours on the machine do not count.</summary>
internal static partial class CpuClock
{
    private const int ClockThreadCpuTime = 3;

    internal static long Nanoseconds
    {
        get
        {
            if (clock_gettime(ClockThreadCpuTime, out Timespec time) != 0)
                throw new PlatformNotSupportedException("clock_gettime failed.");
            return time.Seconds * 1_000_000_000 + time.Nanoseconds;
        }
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
