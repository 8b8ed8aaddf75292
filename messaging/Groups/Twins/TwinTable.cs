using System.Globalization;
using System.Security.Cryptography;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Tree;
using QuicProChat.Mesh.MlsLite;

namespace QuicProChat.Mesh.Messaging.Groups.Twins;

// Pieces of the group's state, by name:
//
//  twin-STATE         what is not of a leaf below
//  twin-STATE-LEAF    the keys that are left of a leaf that wrote in the state
//
/// <summary>
/// The compact twins of a group's states (docs/reference/mls-lite.md, section 6). Each is made with its state, from a
/// secret that is given out once, and kept as long as the state, also while another branch wins: no key comes back.
/// </summary>
internal sealed class TwinTable
{
    private const string Prefix = "twin-";

    /// <summary>Which secret of a state a twin is made of (draft-ietf-mls-extensions, "Exported Secrets").</summary>
    private const ushort Component = 0x8c54;

    private readonly Dictionary<StateId, Kept> _twins = [];

    /// <summary>Pieces of twins that are gone, and perhaps still on disk.</summary>
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);

    private sealed class Kept(LiteTwin twin)
    {
        internal LiteTwin Twin { get; } = twin;

        /// <summary>Leaves whose keys are not as they were written last.</summary>
        internal HashSet<int> Changed { get; } = [];

        internal bool HeadChanged { get; set; }
    }

    internal bool IsEmpty => _twins.Count == 0;

    /// <summary>Bytes of all twins, about.</summary>
    internal long Bytes => _twins.Values.Sum(static k => (long)k.Twin.Size);

    /// <summary>Whether the compact form of a text may belong to one of the states.</summary>
    internal bool Knows(ReadOnlySpan<byte> message) =>
        UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read) && Knows(read);

    /// <summary>
    /// Makes the twin of a state that was just made, where one of its members asks for the compact form. Nothing
    /// happens where there is one, or the secret was given out before.
    /// </summary>
    internal void Make(Group group, StateId id)
    {
        if (_twins.ContainsKey(id) || group.FindState(id) is not { MemberCount: > 1 } state
            || state.Epoch > LiteConstants.MaxEpoch || !state.Members.Any(static m => CompactWish.IsIn(m.Leaf))
            || state.Members.Any(static m => m.Index.Value > LiteConstants.MaxIndex)
            || !group.ExportOnce(Component, id).TryGet(out byte[]? secret))
            return;
        // Without a signature nothing holds, so that the short tag is enough; but its key has 128 bits.
        LiteCipher cipher = GroupSuites.IsPostQuantum(group.CipherSuite)
            ? LiteCipher.ChaCha20Poly1305 : LiteCipher.AesCcm8;
        LiteTwin twin = LiteTwin.Derive(
            secret, group.GroupId.Span, state.Epoch, cipher, state.Members.Select(static m => (int)m.Index.Value));
        CryptographicOperations.ZeroMemory(secret);
        _twins[id] = new Kept(twin) { HeadChanged = true };
    }

    /// <summary>The compact form of an own text; null where the state has none for it.</summary>
    internal byte[]? Seal(GroupSelf self, StateId state, LeafIndex leaf, uint number, ReadOnlySpan<byte> text)
    {
        if (!_twins.TryGetValue(state, out Kept? kept))
            return null;
        Span<byte> guard = stackalloc byte[LiteTwin.GuardSize];
        self.Random(guard);
        bool wasOpened = kept.Twin.Opened.Contains((int)leaf.Value);
        byte[]? message = kept.Twin.Seal(
            (int)leaf.Value, number, self.Address, self.Identity.Sign, guard, text);
        if (message is not null)
            Note(kept, (int)leaf.Value, wasOpened);
        return message;
    }

    /// <summary>Whether a state has a twin.</summary>
    internal bool Has(StateId state) => _twins.ContainsKey(state);

    /// <summary>A text was sent, or read, in its other form: its key here goes.</summary>
    internal void Spend(StateId state, LeafIndex leaf, uint number)
    {
        if (!_twins.TryGetValue(state, out Kept? kept))
            return;
        bool wasOpened = kept.Twin.Opened.Contains((int)leaf.Value);
        if (kept.Twin.Spend((int)leaf.Value, number))
            Note(kept, (int)leaf.Value, wasOpened);
    }

    /// <summary>
    /// An own text was sent: its key goes, and those of all numbers below it, which were used or come no more.
    /// </summary>
    internal void SpendOwn(StateId state, LeafIndex leaf, uint number)
    {
        if (!_twins.TryGetValue(state, out Kept? kept))
            return;
        bool wasOpened = kept.Twin.Opened.Contains((int)leaf.Value);
        if (kept.Twin.SpendThrough((int)leaf.Value, number))
            Note(kept, (int)leaf.Value, wasOpened);
    }

    /// <summary>Opens the compact form of a text, and gives up the keys of both its forms.</summary>
    /// <param name="group">The group.</param>
    /// <param name="message">What came.</param>
    /// <param name="opened">Receives the text.</param>
    /// <returns>What became of it; later, if no state is known that it can be of.</returns>
    internal TextOutcome Open(Group group, ReadOnlySpan<byte> message, out OpenedText? opened)
    {
        opened = null;
        if (!UnverifiedLiteMessage.TryRead(message, out UnverifiedLiteMessage read))
            return TextOutcome.Refused;
        if (!Knows(read))
            return TextOutcome.Later;
        TextOutcome outcome = TextOutcome.Refused;
        var leaf = new LeafIndex((uint)read.Sender);
        foreach ((StateId id, Kept kept) in _twins)
        {
            if (kept.Twin.Tag != read.Tag || group.FindState(id) is not { } state || state.Self == leaf
                || state.FindMember(leaf) is not { } sender)
                continue;
            LiteError error = kept.Twin.TryOpen(
                read, AddressCredential.AddressOf(sender.Leaf), sender.Leaf.SignatureKey.Span, out byte[] text);
            if (error == LiteError.ReplayedOrTooOld)
                outcome = TextOutcome.Repeated;
            if (error != LiteError.None)
                continue;
            // Whoever reads the MLS form gives up the key here in the same write. So where that one is gone, and this
            // one is not, it was given up for its age: the text was not read.
            MlsResult<bool> spent = group.Spend(id, leaf, (uint)read.Counter);
            if (!spent.IsOk && spent.Error.Code != MlsErrorCode.KeyConsumed)
                return TextOutcome.Refused;
            Spend(id, leaf, (uint)read.Counter);
            opened = new OpenedText(id, sender, (uint)read.Counter, text);
            return TextOutcome.Opened;
        }

        return outcome;
    }

    /// <summary>What a state has no keys of any more has no twin either.</summary>
    internal void Review(Group group)
    {
        foreach (StateId gone in _twins.Keys.Where(id => group.FindState(id) is null).ToArray())
        {
            _gone.Add(NameOf(gone));
            foreach (int leaf in _twins[gone].Twin.Opened)
                _gone.Add(NameOf(gone, leaf));
            _twins[gone].Twin.Dispose();
            _twins.Remove(gone);
        }
    }

    /// <summary>Takes the pieces that changed, or all of them; null: it is not kept any more.</summary>
    internal void TakeChanges(bool all, Action<string, byte[]?> taken)
    {
        foreach (string gone in _gone)
            taken(gone, null);
        _gone.Clear();
        foreach ((StateId id, Kept kept) in _twins)
        {
            if (all || kept.HeadChanged)
                taken(NameOf(id), kept.Twin.SaveHead());
            foreach (int leaf in all ? kept.Twin.Opened : kept.Changed)
                taken(NameOf(id, leaf), kept.Twin.SaveLeaf(leaf));
            kept.HeadChanged = false;
            kept.Changed.Clear();
        }
    }

    /// <summary>Reads the twins of a group; false if a piece makes no sense.</summary>
    internal static bool TryLoad(StatePieces pieces, out TwinTable table)
    {
        table = new TwinTable();
        List<(StateId State, int Leaf, ReadOnlyMemory<byte> Value)> leaves = [];
        foreach ((string name, ReadOnlyMemory<byte> value) in pieces.All)
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            if (!TryReadName(name, out StateId state, out int? leaf))
                return false;
            if (leaf is { } of)
                leaves.Add((state, of, value));
            else if (LiteTwin.TryLoad(value.Span, out LiteTwin? twin))
                table._twins[state] = new Kept(twin);
            else
                return false;
        }

        foreach ((StateId state, int leaf, ReadOnlyMemory<byte> value) in leaves)
        {
            if (!table._twins.TryGetValue(state, out Kept? kept) || !kept.Twin.TryLoadLeaf(leaf, value.Span))
                return false;
        }

        return true;
    }

    /// <summary>Zeroes all of them.</summary>
    internal void Clear()
    {
        foreach (Kept kept in _twins.Values)
            kept.Twin.Dispose();
        _twins.Clear();
    }

    private bool Knows(in UnverifiedLiteMessage message)
    {
        foreach (Kept kept in _twins.Values)
        {
            if (kept.Twin.Tag == message.Tag)
                return true;
        }

        return false;
    }

    private static void Note(Kept kept, int leaf, bool wasOpened)
    {
        kept.Changed.Add(leaf);
        kept.HeadChanged |= !wasOpened;
    }

    private static string NameOf(StateId state) => Prefix + Convert.ToHexStringLower(state.ToArray());

    private static string NameOf(StateId state, int leaf) =>
        string.Create(CultureInfo.InvariantCulture, $"{NameOf(state)}-{leaf}");

    private static bool TryReadName(string name, out StateId state, out int? leaf)
    {
        (state, leaf) = (default, null);
        const int end = 5 + (2 * StateId.Size);
        if (name.Length < end)
            return false;
        byte[] id = new byte[StateId.Size];
        if (Convert.FromHexString(name.AsSpan(Prefix.Length, 2 * StateId.Size), id, out _, out _)
            != System.Buffers.OperationStatus.Done)
            return false;
        state = new StateId(id);
        if (name.Length == end)
            return true;
        if (name[end] != '-' || !int.TryParse(
            name.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int read))
            return false;
        leaf = read;
        return true;
    }
}

/// <summary>A text that was opened, in either form.</summary>
/// <param name="State">The state that it was sealed in.</param>
/// <param name="Sender">Its sender in that state.</param>
/// <param name="Number">Its number there.</param>
/// <param name="Body">What was inside: a TextBody.</param>
internal sealed record OpenedText(StateId State, Member Sender, uint Number, ReadOnlyMemory<byte> Body);
