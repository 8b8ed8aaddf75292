using System.Buffers.Binary;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What may stand between Begin and Commit. Every method throws StoreException where the disk fails or is full.
public sealed partial class MeshStore
{
    /// <summary>Longest name of a value in bytes.</summary>
    public const int MaxValueName = AssociatedData.MaxSize - 1;

    internal static ReadOnlySpan<byte> SequenceName => "announce sequence"u8;

    /// <summary>Keeps an envelope (header and payload), replacing one with the same id.</summary>
    /// <returns>False if there is no room for what others send.</returns>
    /// <exception cref="StoreException">The disk fails, or is full for what this node sends.</exception>
    public bool PutEnvelope(in EnvelopeId id, in Holding holding, ReadOnlySpan<byte> envelope)
    {
        if (_options.Durability == Durability.Memory)
            return true;
        if (holding.Originated)
            _space.Take(envelope.Length);
        else if (!_space.TryTake(envelope.Length, Claim.Others))
            return false;
        _staged.Put(
            _cipher, id, holding, _running.End(holding.LifetimeLeft), envelope[..EnvelopeHeader.Size],
            envelope[EnvelopeHeader.Size..]);
        return true;
    }

    /// <summary>Forgets an envelope; nothing happens if there is none.</summary>
    public void DeleteEnvelope(in EnvelopeId id)
    {
        _staged.Remove(id);
        _statements.DeleteEnvelope.Bind(1, id).Run();
    }

    /// <summary>Remembers an id. Written lazily, in blocks: the last few may be lost in a crash.</summary>
    public void PutSeen(in EnvelopeId id, byte generation)
    {
        if (_options.Durability != Durability.Memory)
            _seen.Add(id, generation);
    }

    /// <summary>
    /// Keeps a verified announce, replacing an older one of the same node. Where the disk is nearly full it is not
    /// kept: after a restart its node announces itself again.
    /// </summary>
    public void PutAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
        if (_options.Durability != Durability.Memory && _space.TryTake(announce.Length, Claim.Others))
            _statements.PutAnnounce.Bind(1, address).Bind(2, sequence).Bind(3, announce).Run();
    }

    /// <summary>Forgets an announce.</summary>
    public void DeleteAnnounce(in NodeAddress address) => _statements.DeleteAnnounce.Bind(1, address).Run();

    /// <summary>Gives an address a name, in place of one that had it; who has a name is known.</summary>
    public void PutAlias(string alias, in NodeAddress address)
    {
        _statements.PutAlias.Bind(1, Encoding.UTF8.GetBytes(alias)).Bind(2, address).Run();
        Accept(address);
    }

    /// <summary>Forgets a name; false if there is none.</summary>
    public bool DeleteAlias(string alias)
    {
        _statements.DeleteAlias.Bind(1, Encoding.UTF8.GetBytes(alias)).Run();
        return _database.Changes == 1;
    }

    /// <summary>Remembers this node's own announce sequence.</summary>
    public void PutSequence(uint sequence)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, sequence);
        PutValue(SequenceName, bytes);
    }

    /// <summary>Keeps a value of any sort under a name, sealed.</summary>
    /// <param name="name">UTF-8, at most <see cref="MaxValueName"/> bytes; not itself sealed.</param>
    /// <param name="value">Any bytes.</param>
    public void PutValue(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        byte[] sealedValue = new byte[value.Length + RowCipher.Overhead];
        _cipher.Seal(AssociatedData.Value(stackalloc byte[AssociatedData.MaxSize], name), value, sealedValue);
        _statements.PutValue.Bind(1, name).Bind(2, sealedValue).Run();
    }

    /// <summary>Forgets a value; false if there is none.</summary>
    public bool DeleteValue(ReadOnlySpan<byte> name)
    {
        _statements.DeleteValue.Bind(1, name).Run();
        return _database.Changes == 1;
    }
}
