using System.Formats.Asn1;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>Which exceptions of the platform's parsers speak of the bytes and not of this program.</summary>
internal static class PlatformFaults
{
    /// <summary>The bytes are not what they should be, or not what this platform can read.</summary>
    internal static bool IsAboutData(Exception fault) =>
        fault is CryptographicException or AsnContentException or ArgumentException or FormatException
            or PlatformNotSupportedException or NotSupportedException or OverflowException or InvalidOperationException;

    /// <summary>This platform lacks an algorithm.</summary>
    internal static bool IsAboutPlatform(Exception fault) => fault is PlatformNotSupportedException
        or NotSupportedException;
}
