using System.Security.Cryptography;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>A subtree of which nothing was used yet: its first leaf, its height, the secret at its root.</summary>
internal readonly record struct Subtree(uint First, int Height, byte[] Secret)
{
    /// <summary>The leaf after the last one; as a long, because the whole tree's does not fit.</summary>
    internal long End => First + (1L << Height);
}

/// <summary>
/// A binary tree of keys from which leaves can be taken out one by one (a puncturable function: Goldreich, Goldwasser
/// and Micali 1986). A node's secret gives those of its two children, and so every leaf below it; a leaf that was used
/// is cut out by forgetting all secrets on its path and keeping those beside it. So any leaf that was not used is a few
/// derivations away however far ahead it is, and none that was used can be found again. What is kept is what was not
/// used: disjoint subtrees, from left to right.
/// </summary>
internal sealed class KeyTree : IDisposable
{
    private readonly List<Subtree> _subtrees = [];

    /// <summary>A tree of which nothing was used; takes the secret over.</summary>
    internal KeyTree(byte[] root) => _subtrees.Add(new Subtree(0, LeafPath.TreeHeight, root));

    private KeyTree()
    {
    }

    internal IReadOnlyList<Subtree> Subtrees => _subtrees;

    /// <summary>
    /// Puts a stored tree together again; null unless the subtrees stand in order, apart and where subtrees can.
    /// </summary>
    internal static KeyTree? FromSubtrees(IEnumerable<Subtree> subtrees)
    {
        var tree = new KeyTree();
        long end = 0;
        foreach (Subtree subtree in subtrees)
        {
            tree._subtrees.Add(subtree);
            bool fits = subtree.Height <= LeafPath.TreeHeight && subtree.First >= end
                && subtree.End <= 1L << LeafPath.TreeHeight && (subtree.First & ((1L << subtree.Height) - 1)) == 0;
            if (!fits)
            {
                tree.Dispose();
                return null;
            }

            end = subtree.End;
        }

        return tree;
    }

    /// <summary>
    /// Derivations that a node's secret costs; -1 if a leaf below it was used, or all of it was given up.
    /// </summary>
    internal int CostOf(uint first, int height)
    {
        int at = Find(first);
        return at >= 0 && _subtrees[at].Height >= height ? _subtrees[at].Height - height : -1;
    }

    /// <summary>Derives a node's secret and changes nothing; false where <see cref="CostOf"/> is -1.</summary>
    internal bool TryDerive(uint first, int height, Span<byte> secret)
    {
        int at = Find(first);
        if (at < 0 || _subtrees[at].Height < height)
            return false;
        _subtrees[at].Secret.CopyTo(secret);
        for (int level = _subtrees[at].Height; level > height; level--)
            LiteKeySchedule.Child(secret, right: (first >> (level - 1) & 1) != 0, secret);
        return true;
    }

    /// <summary>Cuts a leaf out. Nothing happens if it was cut out before.</summary>
    internal void Puncture(LeafPath path)
    {
        int at = Find(path.Leaf);
        if (at < 0)
            return;
        Subtree whole = _subtrees[at];
        _subtrees.RemoveAt(at);
        uint first = whole.First;
        Span<byte> onPath = stackalloc byte[LiteConstants.SecretSize];
        whole.Secret.CopyTo(onPath);
        CryptographicOperations.ZeroMemory(whole.Secret);
        for (int height = whole.Height - 1; height >= 0; height--)
        {
            uint middle = first + (1u << height);
            bool right = path.Leaf >= middle;
            byte[] beside = new byte[LiteConstants.SecretSize];
            LiteKeySchedule.Child(onPath, !right, beside);
            _subtrees.Insert(at, new Subtree(right ? first : middle, height, beside));
            // What is left of the path comes before the next one, what is right of it after.
            at += right ? 1 : 0;
            LiteKeySchedule.Child(onPath, right, onPath);
            first = right ? middle : first;
        }

        CryptographicOperations.ZeroMemory(onPath);
    }

    /// <summary>
    /// Keeps what there is of one sender within bounds. Each gap that a sender leaves costs a subtree. Where there are
    /// too many, one of the oldest stream goes, there the smallest, of equals the first: that is a message which is
    /// long overdue, if the sender is honest, and few of the sender's messages, if a member who knows the tree makes
    /// gaps to get rid of them. Signed ones are counted apart, and slots that were not used: nobody else can make gaps
    /// there.
    /// </summary>
    /// <param name="path">Of a message that was used: its sender, and whether it was signed.</param>
    /// <param name="age">How old the stream in a slot is: the lower, the older.</param>
    internal void Trim(LeafPath path, Func<int, int> age)
    {
        Trim(
            _subtrees.FindAll(s => new LeafPath(s.First) is var here && here.Sender == path.Sender
                && here.IsSigned == path.IsSigned && s.Height <= LeafPath.ClassHeight),
            LiteConstants.MaxSubtrees, age);
        Trim(
            _subtrees.FindAll(s => new LeafPath(s.First).Sender == path.Sender
                && s.Height is >= LeafPath.SlotHeight and < LeafPath.SenderHeight),
            LiteConstants.MaxSlotSubtrees, _ => 0);
    }

    /// <summary>How many nodes of a height below another are whole.</summary>
    internal long CountNodes(uint first, int below, int height)
    {
        long end = first + (1L << below), count = 0;
        foreach (Subtree subtree in _subtrees)
        {
            if (subtree.Height >= height && subtree.First < end && subtree.End > first)
                count += 1L << (Math.Min(subtree.Height, below) - height);
        }

        return count;
    }

    /// <summary>Gives up all that is left below a node.</summary>
    internal void GiveUp(uint first, int height)
    {
        long end = first + (1L << height);
        for (int i = _subtrees.Count - 1; i >= 0; i--)
        {
            if (_subtrees[i].First >= first && _subtrees[i].End <= end)
                RemoveAt(i);
        }
    }

    /// <summary>Gives up all subtrees that end before a leaf, or at it; false if there are none.</summary>
    internal bool GiveUpBefore(uint leaf)
    {
        int before = _subtrees.Count;
        while (_subtrees.Count > 0 && _subtrees[0].End <= leaf)
            RemoveAt(0);
        return _subtrees.Count < before;
    }

    /// <summary>Gives up the first subtrees until there are no more than so many.</summary>
    internal void GiveUpFirst(int max)
    {
        while (_subtrees.Count > max)
            RemoveAt(0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Subtree subtree in _subtrees)
            CryptographicOperations.ZeroMemory(subtree.Secret);
        _subtrees.Clear();
    }

    /// <summary>The subtree that a leaf is in; negative if there is none.</summary>
    private int Find(uint leaf)
    {
        int low = 0, high = _subtrees.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (leaf < _subtrees[middle].First)
                high = middle - 1;
            else if (leaf >= _subtrees[middle].End)
                low = middle + 1;
            else
                return middle;
        }

        return -1;
    }

    private void Trim(List<Subtree> all, int max, Func<int, int> age)
    {
        if (all.Count <= max)
            return;
        // Stable: of equals the first.
        foreach (Subtree over in all.OrderBy(s => age(new LeafPath(s.First).Slot)).ThenBy(s => s.Height)
            .Take(all.Count - max).ToArray())
            RemoveAt(_subtrees.IndexOf(over));
    }

    private void RemoveAt(int at)
    {
        CryptographicOperations.ZeroMemory(_subtrees[at].Secret);
        _subtrees.RemoveAt(at);
    }
}
