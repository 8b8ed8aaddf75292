using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>Receipts that the host asks for by themselves.</content>
internal sealed partial class CustodyEngine
{
    /// <summary>As <see cref="Router.SendReceipt"/>.</summary>
    public void SendLateReceipt(
        Instant now, in NodeAddress sender, ReadOnlySpan<byte> proof, int attempt, Priority priority)
    {
        _now = now;
        SendReceipt(sender, proof, attempt, priority);
    }
}
