using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>Seals what nodes say to each other about files, and opens it at a price. On the loop.</summary>
internal sealed class FileWords(Sealer sealer, NodeAddress self, IFilePort port, FileCounters counters)
{
    /// <summary>Largest word in bytes.</summary>
    internal static readonly int MaxWord = Math.Max(FileRequest.MaxSize, FileAnswer.SizeOf(FileFormat.MaxHaveSize));

    /// <summary>
    /// No envelope has this first byte (docs/reference/protocol.md, section 4), so no word opens as a message or the
    /// reverse.
    /// </summary>
    private const byte Context = 0x1F;

    /// <summary>
    /// Words of one source that may be opened in vain, at once and in each minute: each costs a key agreement. What
    /// leads to something is bounded by that. Arbitrary.
    /// </summary>
    private const int VainOfSource = 120;

    private readonly SourceWork _work = new(VainOfSource, always: 0);
    private readonly byte[] _payload = new byte[1 + MaxWord + Sealer.Overhead];
    private readonly byte[] _buffer = new byte[MaxWord + Sealer.Overhead];
    private readonly byte[] _word = new byte[MaxWord];

    /// <summary>Seals a word to a node and sends it.</summary>
    internal BulkResult Send(Instant now, in NodeAddress to, bool overRadio, ReadOnlySpan<byte> word)
    {
        if (!port.TryGetKey(to, out ReadOnlySpan<byte> key))
            return BulkResult.NoRoute;
        Span<byte> unused = stackalloc byte[Sealer.ReceiptKeySize];
        Span<byte> payload = _payload.AsSpan(0, 1 + word.Length + Sealer.Overhead);
        payload[0] = (byte)FilePayloadKind.Sealed;
        bool isSealed = sealer.TrySeal(new SealContext(Context, 0, to), key, word, payload[1..], unused);
        CryptographicOperations.ZeroMemory(unused);
        return isSealed ? port.Send(now, to, overRadio, payload) : BulkResult.NoRoute;
    }

    /// <summary>Opens a sealed word. What it says is valid until the next call.</summary>
    internal bool TryOpen(
        Instant now, ulong source, ReadOnlySpan<byte> sealedWord, out NodeAddress sender, out ReadOnlySpan<byte> word)
    {
        sender = default;
        word = default;
        if (sealedWord.Length is <= Sealer.Overhead || sealedWord.Length > MaxWord + Sealer.Overhead)
        {
            counters.Add(FileCount.Malformed);
            return false;
        }

        if (!_work.Allows(now, source, 1))
        {
            counters.Add(FileCount.TooFast);
            return false;
        }

        byte[] unused = new byte[Sealer.ReceiptKeySize];
        bool isOpen = sealer.TryOpen(
            new SealContext(Context, 0, self), sealedWord, _buffer, unused, out OpenedMessage opened, out _);
        CryptographicOperations.ZeroMemory(unused);
        if (!isOpen)
        {
            counters.Add(FileCount.Unopened);
            WasInVain(now, source);
            return false;
        }

        sender = opened.Sender;
        opened.Content.CopyTo(_word);
        word = _word.AsSpan(0, opened.Content.Length);
        return true;
    }

    /// <summary>A word that was opened led to nothing.</summary>
    internal void WasInVain(Instant now, ulong source) => _work.Charge(now, source, 1);
}
