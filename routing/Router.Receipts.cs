using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <content>Receipts for what could be opened only later.</content>
public sealed partial class Router
{
    /// <summary>
    /// Sends the receipt for an envelope that was accepted without one, because it could not be opened yet. The custody
    /// of the envelope was settled then; a receipt that was sent already for this attempt is not sent again.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="sender">Who sent the envelope.</param>
    /// <param name="proof">24 bytes (docs/reference/protocol.md, section 4.2).</param>
    /// <param name="attempt">The envelope's attempt, as it arrived.</param>
    /// <param name="priority">The envelope's priority.</param>
    public void SendReceipt(
        Instant now, in NodeAddress sender, ReadOnlySpan<byte> proof, int attempt, Priority priority)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(proof.Length, Receipt.ProofSize);
        _custody.SendLateReceipt(now, sender, proof, attempt, priority);
    }
}
