using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>The key and nonce of one message.</summary>
internal readonly record struct MessageKey(uint Generation, byte[] Key, byte[] Nonce)
{
    internal void Zero()
    {
        Secrets.Zero(Key);
        Secrets.Zero(Nonce);
    }
}

/// <summary>
/// A sender's ratchet (RFC 9420, section 9.1). Looking at a generation changes nothing; a receiver consumes it after
/// the message has proved genuine, and then everything that the key could be derived from is gone (section 9.2).
/// </summary>
internal sealed class HashRatchet : IDisposable
{
    private readonly List<MessageKey> _skipped = [];
    private byte[] _secret;
    private uint _next;

    internal HashRatchet(byte[] secret) => _secret = secret;

    /// <summary>Whether the ratchet is another than the one that was written last.</summary>
    internal bool IsChanged { get; set; } = true;

    /// <summary>The generation that the next sent message uses.</summary>
    internal uint NextGeneration => _next;

    internal int SkippedCount => _skipped.Count;

    /// <summary>Takes the next key for sending; the caller zeroes it.</summary>
    internal MessageKey? TakeNext(Suite suite)
    {
        if (_next == uint.MaxValue)
            return null;
        MessageKey key = Derive(suite, _secret, _next);
        Advance(suite, ref _secret, _next++);
        IsChanged = true;
        return key;
    }

    /// <summary>
    /// Moves on to a generation, keeping none of the keys in between; does nothing if it is there or beyond.
    /// </summary>
    internal void SkipTo(Suite suite, uint generation)
    {
        while (_next < generation)
        {
            Advance(suite, ref _secret, _next++);
            IsChanged = true;
        }
    }

    /// <summary>
    /// Finds the key of a generation without consuming it. The result is passed to <see cref="Consume"/> or
    /// <see cref="Release"/>.
    /// </summary>
    internal MlsError Peek(Suite suite, uint generation, int outOfOrder, int forward, out RatchetPeek peek)
    {
        peek = default;
        if (generation < _next)
        {
            int index = _skipped.FindIndex(k => k.Generation == generation);
            if (index < 0)
                return Errors.At(MlsErrorCode.KeyConsumed, "9.2");
            peek = new RatchetPeek(_skipped[index], null, []);
            return MlsError.None;
        }
        if (generation - _next > (uint)forward || generation == uint.MaxValue)
            return Errors.At(MlsErrorCode.GenerationTooFar, "15.3");

        List<MessageKey> skipped = [];
        byte[] secret = (byte[])_secret.Clone();
        for (uint g = _next; g < generation; g++)
        {
            if (generation - g <= (uint)outOfOrder)
                skipped.Add(Derive(suite, secret, g));
            Advance(suite, ref secret, g);
        }
        MessageKey key = Derive(suite, secret, generation);
        Advance(suite, ref secret, generation);
        peek = new RatchetPeek(key, secret, skipped);
        return MlsError.None;
    }

    /// <summary>
    /// Deletes a key that was used, and all it derives from; keeps the keys that were skipped, within the window.
    /// </summary>
    internal void Consume(RatchetPeek peek, int outOfOrder)
    {
        if (peek.NextSecret is null)
        {
            _skipped.RemoveAll(k => k.Generation == peek.Key.Generation);
        }
        else
        {
            Secrets.Zero(_secret);
            _secret = peek.NextSecret;
            _next = peek.Key.Generation + 1;
            _skipped.AddRange(peek.Skipped);
            Trim(outOfOrder);
        }
        peek.Key.Zero();
        IsChanged = true;
    }

    /// <summary>Deletes what <see cref="Peek"/> derived for a message that was not genuine.</summary>
    internal static void Release(RatchetPeek peek)
    {
        // A key from the skipped list stays there for the genuine message.
        if (peek.NextSecret is null)
            return;
        Secrets.Zero(peek.NextSecret);
        peek.Key.Zero();
        foreach (MessageKey key in peek.Skipped)
            key.Zero();
    }

    public void Dispose()
    {
        Secrets.Zero(_secret);
        foreach (MessageKey key in _skipped)
            key.Zero();
        _skipped.Clear();
    }

    internal void Write(MlsWriter writer)
    {
        writer.UInt32(_next);
        writer.Vector(_secret);
        writer.UInt32((uint)_skipped.Count);
        foreach (MessageKey key in _skipped)
        {
            writer.UInt32(key.Generation);
            writer.Vector(key.Key);
            writer.Vector(key.Nonce);
        }
    }

    internal static HashRatchet? Read(ref MlsReader reader)
    {
        if (!reader.TryReadUInt32(out uint next) || !reader.TryReadVector(out ReadOnlyMemory<byte> secret)
            || !reader.TryReadUInt32(out uint count))
        {
            return null;
        }
        HashRatchet ratchet = new(secret.ToArray()) { _next = next, IsChanged = false };
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadUInt32(out uint generation) || !reader.TryReadVector(out ReadOnlyMemory<byte> key)
                || !reader.TryReadVector(out ReadOnlyMemory<byte> nonce))
            {
                return null;
            }
            ratchet._skipped.Add(new MessageKey(generation, key.ToArray(), nonce.ToArray()));
        }
        return ratchet;
    }

    private void Trim(int outOfOrder)
    {
        int excess = _skipped.Count - outOfOrder;
        if (excess <= 0)
            return;
        foreach (MessageKey key in _skipped.Take(excess))
            key.Zero();
        _skipped.RemoveRange(0, excess);
    }

    private static MessageKey Derive(Suite suite, byte[] secret, uint generation) => new(
        generation,
        suite.DeriveTreeSecret(secret, "key"u8, generation, suite.KeySize),
        suite.DeriveTreeSecret(secret, "nonce"u8, generation, AeadCipher.NonceSize));

    private static void Advance(Suite suite, ref byte[] secret, uint generation)
    {
        byte[] next = suite.DeriveTreeSecret(secret, "secret"u8, generation, suite.HashSize);
        Secrets.Zero(secret);
        secret = next;
    }
}

/// <summary>A key looked at; <see cref="NextSecret"/> is null if it was kept from an earlier skip.</summary>
internal readonly record struct RatchetPeek(MessageKey Key, byte[]? NextSecret, List<MessageKey> Skipped);
