using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
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

    /// <summary>Adds a message; false if one with its id is there already, and then nothing changes.</summary>
    public bool Insert(StoredMessage message)
    {
        PruneMessages();
        int most = Encoding.UTF8.GetMaxByteCount(message.Text.Length);
        _space.Take(most);
        byte[] plain = ArrayPool<byte>.Shared.Rent(most);
        byte[] cipher = ArrayPool<byte>.Shared.Rent(most + RowCipher.Overhead);
        try
        {
            int length = Encoding.UTF8.GetBytes(message.Text, plain);
            Span<byte> text = cipher.AsSpan(0, length + RowCipher.Overhead);
            ReadOnlySpan<byte> associated = AssociatedData.Text(stackalloc byte[AssociatedData.MaxSize], message);
            _cipher.Seal(associated, plain.AsSpan(0, length), text);
            CryptographicOperations.ZeroMemory(plain.AsSpan(0, length));
            if (message.Group is { } group)
            {
                Span<byte> name = stackalloc byte[LiteGroupId.Size];
                group.Write(name);
                _statements.InsertMessage.Bind(11, name);
            }
            else
            {
                _statements.InsertMessage.BindNull(11);
            }

            _statements.InsertMessage
                .Bind(1, message.Id).Bind(2, message.Outgoing ? 1 : 0).Bind(3, message.Peer).Bind(4, text)
                .Bind(5, (long)message.State).Bind(6, message.Reason).Bind(7, message.Hops).Bind(8, (long)message.Priority)
                .Bind(9, message.CreatedAt.ToUnixTimeMilliseconds()).Bind(10, message.UpdatedAt.ToUnixTimeMilliseconds())
                .Bind(12, (long)message.Security)
                .Run();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
            ArrayPool<byte>.Shared.Return(cipher);
        }

        bool added = _database.Changes == 1;
        _messages += added ? 1 : 0;
        return added;
    }

    /// <summary>
    /// Sets what is proven about a message; false if there is none with that id or its state is final already
    /// (delivered, expired, failed, received).
    /// </summary>
    public bool UpdateState(in EnvelopeId id, MessageState state, byte reason, int hops, DateTimeOffset at)
    {
        _statements.UpdateState
            .Bind(1, (long)state).Bind(2, reason).Bind(3, hops).Bind(4, at.ToUnixTimeMilliseconds()).Bind(5, id).Run();
        return _database.Changes == 1;
    }

    /// <summary>Keeps an envelope (header and payload), replacing one with the same id.</summary>
    public void PutEnvelope(in EnvelopeId id, in Holding holding, ReadOnlySpan<byte> envelope)
    {
        if (_options.Durability == Durability.Memory)
            return;
        _space.Take(envelope.Length);
        _staged.Put(
            _cipher, id, holding, _running.End(holding.LifetimeLeft), envelope[..EnvelopeHeader.Size], envelope[EnvelopeHeader.Size..]);
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

    /// <summary>Keeps a verified announce, replacing an older one of the same node.</summary>
    public void PutAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
        if (_options.Durability != Durability.Memory)
            _statements.PutAnnounce.Bind(1, address).Bind(2, sequence).Bind(3, announce).Run();
    }

    /// <summary>Forgets an announce.</summary>
    public void DeleteAnnounce(in NodeAddress address) => _statements.DeleteAnnounce.Bind(1, address).Run();

    /// <summary>Keeps the routes that a restart should try first, in place of those kept before.</summary>
    public void ReplaceRoutes(ReadOnlySpan<StoredRoute> routes)
    {
        if (_options.Durability == Durability.Memory)
            return;
        _statements.DeleteRoutes.Run();
        foreach (ref readonly StoredRoute route in routes)
        {
            _statements.PutRoute
                .Bind(1, route.Destination).Bind(2, route.NextHop).Bind(3, route.Sequence).Bind(4, route.Metric.Code).Run();
        }
    }

    /// <summary>Gives an address a name, in place of one that had it.</summary>
    public void PutAlias(string alias, in NodeAddress address) =>
        _statements.PutAlias.Bind(1, Encoding.UTF8.GetBytes(alias)).Bind(2, address).Run();

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

    // A hundredth at a time, because each time costs a walk over the oldest.
    private void PruneMessages()
    {
        int slack = Math.Max(1, _options.MaxMessages / 100);
        if (_messages < _options.MaxMessages)
            return;
        _statements.PruneMessages.Bind(1, slack).Run();
        _messages -= _database.Changes;
    }
}
