using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The newest certificate of each address that was here: whoever shows an older one may have stolen its key. Bounded,
/// so a node does not remember everybody; what it forgets is again as good as new. Safe for threads.
/// </summary>
internal sealed class CertificateMemory
{
    // Arbitrary; with its table some 350 bytes each.
    private const int Capacity = 1024;

    private readonly object _lock = new();
    private readonly SourcedTable<Record> _records = new(Capacity);

    /// <summary>
    /// Notes the certificate of a peer that proved it. Empty if none is newer; otherwise the proof of the newest one.
    /// </summary>
    internal ReadOnlyMemory<byte> Note(VerifiedPeer peer, in LinkSource source)
    {
        lock (_lock)
        {
            Record record = _records.Use(peer.Address, source);
            if (peer.Number < CertificateNumber.Read(record.Proof.Span))
                return record.Proof;
            record.Proof = peer.NumberProof;
            return default;
        }
    }

    private sealed class Record
    {
        internal ReadOnlyMemory<byte> Proof { get; set; }
    }
}
