using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>
/// The kernel's terminal interface in numbers (asm-generic/termbits.h and ioctls.h). They hold for the architectures
/// in <see cref="IsSupported"/>. MIPS, PowerPC, SPARC, Alpha and PA-RISC number them otherwise; .NET does not run on
/// all but one of these, and there this class says so instead of sending a wrong request to a device.
/// </summary>
internal static class TermiosAbi
{
    /// <summary>
    /// Size of <c>struct termios2</c>: four flag words, line discipline, 19 control characters, two speeds.
    /// </summary>
    internal const int Termios2Size = 44;

    internal const int InputFlagsAt = 0, OutputFlagsAt = 4, ControlFlagsAt = 8, LocalFlagsAt = 12;
    internal const int ControlCharactersAt = 17, ControlCharacters = 19, InputSpeedAt = 36, OutputSpeedAt = 40;
    internal const int MinimumAt = ControlCharactersAt + 6;

    internal const nuint Tcgets2 = 0x802C542A, Tcsetsw2 = 0x402C542C, Tcflsh = 0x540B;
    internal const nuint Tiocexcl = 0x540C, Tiocnxcl = 0x540D;

    /// <summary>Argument of TCFLSH: both directions.</summary>
    internal const int FlushBoth = 2;

    /// <summary>
    /// c_cflag: eight bits, receiver on, no modem control lines, speed given as a number for both directions.
    /// </summary>
    internal const uint EightBits = 0x30, Receiver = 0x80, Local = 0x800, SpeedAsNumber = 0x1000;

    /// <summary>Whether the numbers hold for the architecture of this process.</summary>
    internal static bool IsSupported(Architecture architecture) => architecture is
        Architecture.X64 or Architecture.X86 or Architecture.Arm64 or Architecture.Arm or Architecture.Armv6
        or Architecture.RiscV64 or Architecture.LoongArch64 or Architecture.S390x;

    internal static void ThrowIfUnsupported()
    {
        if (!OperatingSystem.IsLinux() || !IsSupported(RuntimeInformation.ProcessArchitecture))
        {
            throw new PlatformNotSupportedException(
                $"Serial lines are supported on Linux on x86, Arm, RISC-V, LoongArch and s390x, not on " +
                $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}.");
        }
    }
}
