using QuicProChat.Mesh.MlsLite;

namespace QuicProChat.Mesh.Messaging.Groups.Twins;

/// <summary>Texts of a group in their compact form: what is said of them, and how they are told.</summary>
internal static class CompactForm
{
    /// <summary>
    /// The first byte of such a payload (<see cref="GroupSealing"/>); then a message of docs/reference/mls-lite.md,
    /// section 6.
    /// </summary>
    internal const byte Mark = 2;

    /// <summary>How a message that any of its receivers got so was protected.</summary>
    internal const Protection Security = Protection.MlsLiteSigned;

    /// <summary>Whether a payload is one.</summary>
    internal static bool IsMarked(ReadOnlySpan<byte> payload) => payload is [Mark, _, ..];

    /// <summary>Whether a twin may read a payload that is marked so: its kind and its size say it.</summary>
    internal static bool MayBeRead(ReadOnlySpan<byte> payload) => LiteTwin.MayRead(payload[1..]);
}
