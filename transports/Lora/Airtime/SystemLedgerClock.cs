using System.Runtime.InteropServices;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>Boot id and clock trust as the Linux kernel states them.</summary>
public sealed partial class SystemLedgerClock : ILedgerClock
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>adjtimex(2): the return value of an unsynchronised clock.</summary>
    private const int TimeError = 5;

    /// <inheritdoc/>
    /// <remarks>Without the file every start counts as a boot of its own, which errs on the safe side.</remarks>
    public Guid BootId { get; } =
        File.Exists(BootIdFile) && Guid.TryParse(File.ReadAllText(BootIdFile).AsSpan().Trim(), out Guid id)
            ? id
            : AnyId();

    /// <inheritdoc/>
    public long? TrustedUnixSeconds
    {
        get
        {
            // struct timex, modes = 0: only asks. 208 bytes on 64-bit, 128 on 32-bit; the rest is slack.
            Span<byte> timex = stackalloc byte[512];
            timex.Clear();
            int state = adjtimex(ref MemoryMarshal.GetReference(timex));
#pragma warning disable RS0030 // The one home of the calendar: it is read together with whether it can be trusted.
            return state is >= 0 and not TimeError ? DateTimeOffset.UtcNow.ToUnixTimeSeconds() : null;
#pragma warning restore RS0030
        }
    }

    private static Guid AnyId()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomSource.System(bytes);
        return new Guid(bytes);
    }

    [LibraryImport("libc")]
    private static partial int adjtimex(ref byte timex);
}
