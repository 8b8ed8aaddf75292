using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>A station on the way to a session: we greeted it, or it greeted us, or either is about to.</summary>
/// <param name="address">Its address.</param>
/// <param name="publicKey">Its Ed25519 key, 32 bytes.</param>
/// <param name="isKnown">It proved itself since this process started.</param>
internal sealed class Encounter(NodeAddress address, byte[] publicKey, bool isKnown) : IDisposable
{
    private PairSecret? _pair;

    internal NodeAddress Address { get; } = address;

    internal byte[] PublicKey { get; } = publicKey;

    internal bool IsKnown { get; } = isKnown;

    internal ushort ShortId { get; } = AddressSlots.ShortId(address);

    /// <summary>When to greet; MaxValue: not.</summary>
    internal TimeSpan GreetAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>Greetings sent.</summary>
    internal int Tries { get; set; }

    /// <summary>Until when the answer to the last greeting is expected.</summary>
    internal TimeSpan AwaitUntil { get; set; }

    /// <summary>Nonce of the last greeting while its answer is awaited.</summary>
    internal ulong? Nonce { get; private set; }

    /// <summary>Its greeting made this one; it is a session once the station speaks in it.</summary>
    internal RadioSession? Candidate { get; private set; }

    /// <summary>Nonce of our answer, until that is sent.</summary>
    internal ulong? AnswerNonce { get; set; }

    /// <summary>When anything was done about it last.</summary>
    internal TimeSpan TouchedAt { get; set; }

    /// <summary>Agrees with its key once; null: there is nothing to agree with.</summary>
    internal PairSecret? Pair(LocalIdentity self, ReadOnlySpan<byte> networkKey) =>
        _pair ??= PairSecret.Agree(self, PublicKey, networkKey);

    /// <summary>Whether the key was agreed with before: then it costs nothing.</summary>
    internal bool HasPair => _pair is not null;

    /// <summary>Whether this is the agreement that is kept here.</summary>
    internal bool Holds(PairSecret pair) => _pair == pair;

    /// <summary>Takes over an agreement that was made to see who greets.</summary>
    internal void Adopt(PairSecret pair)
    {
        if (_pair == pair)
            return;
        _pair?.Dispose();
        _pair = pair;
    }

    /// <summary>Takes over what was agreed with a neighbour before.</summary>
    internal void Take(RadioNeighbour neighbour)
    {
        if (neighbour.Pair is { } pair && _pair is null)
        {
            _pair = pair;
            neighbour.Pair = null;
        }
    }

    /// <summary>Gives the agreement away.</summary>
    internal PairSecret? TakePair()
    {
        PairSecret? pair = _pair;
        _pair = null;
        return pair;
    }

    /// <summary>Draws the nonce of a greeting; no answer to an earlier one counts any more.</summary>
    internal ulong DrawNonce(RandomFill random)
    {
        Nonce = Draw(random);
        return Nonce.Value;
    }

    /// <summary>We greet no more: the station did, or it is done.</summary>
    internal void StopGreeting()
    {
        Nonce = null;
        GreetAt = TimeSpan.MaxValue;
    }

    /// <summary>A greeting came: the keys of the session that may follow. One that never began gives way.</summary>
    internal void Answer(PairSecret pair, ulong theirNonce, int checkSize, RandomFill random)
    {
        Candidate?.Dispose();
        AnswerNonce = Draw(random);
        Candidate = new RadioSession(pair.Derive(AnswerNonce.Value, theirNonce, greeted: false, checkSize),
            greeted: false);
    }

    /// <summary>The candidate became a session of its own.</summary>
    internal RadioSession TakeCandidate()
    {
        RadioSession session = Candidate!;
        Candidate = null;
        return session;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pair?.Dispose();
        Candidate?.Dispose();
    }

    private static ulong Draw(RandomFill random)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        random(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
