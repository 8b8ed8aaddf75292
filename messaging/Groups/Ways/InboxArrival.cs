using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Ways;

/// <summary>An envelope that the router did not bring: out of an inbox, or carried here by a member.</summary>
/// <param name="from">Who put it into the inbox, or carried it; proven.</param>
/// <param name="server">Where the inbox is; null: a member carried it over the mesh.</param>
/// <param name="id">Its id.</param>
/// <param name="header">Its header.</param>
/// <param name="payload">Its payload.</param>
internal sealed class InboxArrival(
    NodeAddress from, string? server, in EnvelopeId id, in EnvelopeHeader header, ReadOnlyMemory<byte> payload)
    : Arrival(0, id, header, payload)
{
    internal NodeAddress From { get; } = from;

    internal string? Server { get; } = server;

    /// <summary>Whose share of the work in vain it counts to.</summary>
    internal ulong Source => From.High | (1UL << 63);
}
