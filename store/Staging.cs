using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// The envelopes that a transaction is to keep, sealed already. They wait for the commit, so that one which is
/// forgotten in the same transaction is never written.
/// </summary>
internal sealed class Staging
{
    /// <summary>Memory kept from one transaction to the next, in bytes. Arbitrary.</summary>
    private const int Kept = 256 * 1024;

    private readonly Dictionary<EnvelopeId, Entry> _entries = [];
    private byte[] _bytes = new byte[4096];
    private int _length;

    private readonly record struct Entry(
        NodeAddress Upstream, bool Originated, long Expires, Range Header, Range Payload, Range Proof);

    internal void Put(
        RowCipher cipher, in EnvelopeId id, in Holding holding, long expires, ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> payload)
    {
        Range plainHeader = Take(header.Length);
        header.CopyTo(_bytes.AsSpan(plainHeader));
        Range sealedPayload = Take(payload.Length + RowCipher.Overhead);
        cipher.Seal(AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], id, header), payload,
            _bytes.AsSpan(sealedPayload));
        Range proof = default;
        if (!holding.ReceiptProof.IsEmpty)
        {
            proof = Take(holding.ReceiptProof.Length + RowCipher.Overhead);
            cipher.Seal(AssociatedData.Proof(stackalloc byte[AssociatedData.MaxSize], id), holding.ReceiptProof.Span,
                _bytes.AsSpan(proof));
        }

        _entries[id] = new Entry(holding.Upstream, holding.Originated, expires, plainHeader, sealedPayload, proof);
    }

    internal void Remove(in EnvelopeId id) => _entries.Remove(id);

    internal void WriteTo(Statement put)
    {
        foreach ((EnvelopeId id, Entry entry) in _entries)
        {
            put.Bind(1, id).Bind(2, entry.Upstream).Bind(3, entry.Originated ? 1 : 0).Bind(4, entry.Expires)
                .Bind(5, _bytes.AsSpan(entry.Header)).Bind(6, _bytes.AsSpan(entry.Payload));
            if (entry.Proof.Equals(default))
                put.BindNull(7);
            else
                put.Bind(7, _bytes.AsSpan(entry.Proof));
            put.Run();
        }
    }

    internal void Clear()
    {
        _entries.Clear();
        _length = 0;
        if (_bytes.Length > Kept)
            _bytes = new byte[Kept];
    }

    private Range Take(int size)
    {
        if (_bytes.Length - _length < size)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        var range = new Range(_length, _length + size);
        _length += size;
        return range;
    }
}
