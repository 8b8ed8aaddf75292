using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>
/// One sender's hash ratchet: the chain for the next counter, and the chains of counters that were skipped. A chain is
/// zeroed the moment its message was accepted, so what was read cannot be read again.
/// </summary>
internal sealed class SenderRatchet : IDisposable
{
    private readonly byte[] _chain;
    private readonly List<(int Counter, byte[] Chain)> _skipped = [];

    internal SenderRatchet(byte[] chain, int next)
    {
        _chain = chain;
        Next = next;
    }

    /// <summary>The counter that <see cref="_chain"/> belongs to.</summary>
    internal int Next { get; private set; }

    internal ReadOnlySpan<byte> Chain => _chain;

    internal IReadOnlyList<(int Counter, byte[] Chain)> Skipped => _skipped;

    /// <summary>
    /// Finds the chain of a counter without changing anything: what an unauthenticated message costs is at most
    /// <see cref="LiteConstants.ForwardLimit"/> derivations.
    /// </summary>
    internal LiteError TryPeek(int counter, Span<byte> chain)
    {
        if (counter < Next)
        {
            foreach ((int skipped, byte[] kept) in _skipped)
            {
                if (skipped == counter)
                {
                    kept.CopyTo(chain);
                    return LiteError.None;
                }
            }

            return LiteError.ReplayedOrTooOld;
        }

        if (counter - Next > LiteConstants.ForwardLimit)
            return LiteError.TooFarAhead;
        _chain.CopyTo(chain);
        for (int i = Next; i < counter; i++)
            LiteKeySchedule.Advance(chain);
        return LiteError.None;
    }

    /// <summary>Uses a counter up after its message proved authentic.</summary>
    internal void Consume(int counter)
    {
        if (counter < Next)
        {
            int at = _skipped.FindIndex(s => s.Counter == counter);
            CryptographicOperations.ZeroMemory(_skipped[at].Chain);
            _skipped.RemoveAt(at);
            return;
        }

        for (; Next < counter; Next++)
        {
            if (counter - Next <= LiteConstants.OutOfOrderWindow)
                Keep(Next);
            LiteKeySchedule.Advance(_chain);
        }

        LiteKeySchedule.Advance(_chain);
        Next = counter + 1;
    }

    /// <summary>Gives up all counters before the given one, and their keys with them.</summary>
    internal void SkipTo(int counter)
    {
        for (; Next < counter; Next++)
            LiteKeySchedule.Advance(_chain);
    }

    /// <summary>Puts a skipped chain back when a group is loaded.</summary>
    internal void RestoreSkipped(int counter, byte[] chain) => _skipped.Add((counter, chain));

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_chain);
        foreach ((_, byte[] chain) in _skipped)
            CryptographicOperations.ZeroMemory(chain);
        _skipped.Clear();
    }

    private void Keep(int counter)
    {
        if (_skipped.Count == LiteConstants.OutOfOrderWindow)
        {
            CryptographicOperations.ZeroMemory(_skipped[0].Chain);
            _skipped.RemoveAt(0);
        }

        _skipped.Add((counter, (byte[])_chain.Clone()));
    }
}
