using System.Numerics;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Rpc.Transparency;

/// <summary>
/// A whole subtree of a Merkle tree: the leaves from <c>Index * 2^Level</c> on, <c>2^Level</c> of them.
/// </summary>
/// <param name="Level">0 for a leaf.</param>
/// <param name="Index">Its number among those of its level.</param>
public readonly record struct TreePlace(int Level, ulong Index);

/// <summary>
/// The Merkle tree of RFC 9162, section 2.1, with SHA-256. Whoever has the hashes of whole subtrees makes roots and
/// proofs of them, each from a number of hashes that grows with the logarithm of the size.
/// </summary>
public static class MerkleTree
{
    /// <summary>Size of a hash in bytes.</summary>
    public const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>Hashes of a proof at most: a tree has less than 2^63 leaves.</summary>
    public const int MaxProof = 64;

    /// <summary>The root of a tree without leaves (section 2.1.1).</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>The hash of a leaf: <c>SHA-256(00 || entry)</c>.</summary>
    public static byte[] HashLeaf(ReadOnlySpan<byte> entry) => SHA256.HashData([0, .. entry]);

    /// <summary>The hash of a node: <c>SHA-256(01 || left || right)</c>.</summary>
    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        SHA256.HashData([1, .. left, .. right]);

    /// <summary>The nodes above a new leaf that are whole from now on, the lowest first.</summary>
    /// <param name="position">The leaf's.</param>
    /// <param name="leaf">Its hash.</param>
    /// <param name="nodes">The hashes of whole subtrees that were there before.</param>
    public static IEnumerable<(TreePlace Place, byte[] Hash)> Completed(
        ulong position, byte[] leaf, Func<TreePlace, byte[]> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        byte[] hash = leaf;
        ulong index = position;
        for (int level = 0; (index & 1) == 1; level++)
        {
            hash = HashNode(nodes(new TreePlace(level, index - 1)), hash);
            index >>= 1;
            yield return (new TreePlace(level + 1, index), hash);
        }
    }

    /// <summary>The root of the first leaves.</summary>
    /// <param name="size">How many.</param>
    /// <param name="nodes">The hashes of whole subtrees.</param>
    public static byte[] Root(ulong size, Func<TreePlace, byte[]> nodes) =>
        size == 0 ? EmptyRoot : Hash(0, size, nodes);

    /// <summary>A proof that a leaf is in a tree (section 2.1.3.1).</summary>
    /// <param name="position">The leaf's, below the size.</param>
    /// <param name="size">The tree's.</param>
    /// <param name="nodes">The hashes of whole subtrees.</param>
    public static IReadOnlyList<byte[]> Inclusion(ulong position, ulong size, Func<TreePlace, byte[]> nodes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, size);
        List<byte[]> path = [];
        ulong start = 0;
        while (size > 1)
        {
            ulong left = LeftOf(size);
            if (position < left)
            {
                path.Add(Hash(start + left, size - left, nodes));
                size = left;
            }
            else
            {
                path.Add(Hash(start, left, nodes));
                (start, position, size) = (start + left, position - left, size - left);
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>A proof that one tree begins with another (section 2.1.4.1).</summary>
    /// <param name="first">The smaller size.</param>
    /// <param name="second">The larger size.</param>
    /// <param name="nodes">The hashes of whole subtrees.</param>
    public static IReadOnlyList<byte[]> Consistency(ulong first, ulong second, Func<TreePlace, byte[]> nodes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        List<byte[]> path = [];
        if (first == 0 || first == second)
            return path;
        ulong start = 0;
        bool isWhole = true;
        while (first != second)
        {
            ulong left = LeftOf(second);
            if (first <= left)
            {
                path.Add(Hash(start + left, second - left, nodes));
                second = left;
            }
            else
            {
                path.Add(Hash(start, left, nodes));
                (start, first, second, isWhole) = (start + left, first - left, second - left, false);
            }
        }

        if (!isWhole)
            path.Add(Hash(start, first, nodes));
        path.Reverse();
        return path;
    }

    /// <summary>Tells whether a leaf is in a tree (section 2.1.3.2).</summary>
    /// <param name="leaf">Its hash.</param>
    /// <param name="position">Where.</param>
    /// <param name="size">The tree's size.</param>
    /// <param name="root">The tree's root.</param>
    /// <param name="path">The proof: hashes one behind the other.</param>
    public static bool VerifyInclusion(
        ReadOnlySpan<byte> leaf, ulong position, ulong size, ReadOnlySpan<byte> root, ReadOnlySpan<byte> path)
    {
        if (position >= size || !IsPath(path))
            return false;
        ulong first = position, last = size - 1;
        byte[] hash = leaf.ToArray();
        for (; path.Length > 0; path = path[HashSize..])
        {
            if (last == 0)
                return false;
            if (IsRight(ref first, ref last))
                hash = HashNode(path[..HashSize], hash);
            else
                hash = HashNode(hash, path[..HashSize]);
            (first, last) = (first >> 1, last >> 1);
        }

        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Tells whether one tree begins with another (section 2.1.4.2). All begin with the empty one.</summary>
    /// <param name="first">The smaller size.</param>
    /// <param name="firstRoot">Its root.</param>
    /// <param name="second">The larger size.</param>
    /// <param name="secondRoot">Its root.</param>
    /// <param name="path">The proof: hashes one behind the other.</param>
    public static bool VerifyConsistency(
        ulong first, ReadOnlySpan<byte> firstRoot, ulong second, ReadOnlySpan<byte> secondRoot, ReadOnlySpan<byte> path)
    {
        if (first > second || !IsPath(path))
            return false;
        if (first == 0)
            return path.IsEmpty && firstRoot.SequenceEqual(EmptyRoot);
        if (first == second)
            return path.IsEmpty && firstRoot.SequenceEqual(secondRoot);
        if (path.IsEmpty)
            return false;
        ulong left = first - 1, last = second - 1;
        while ((left & 1) == 1)
            (left, last) = (left >> 1, last >> 1);
        byte[] before;
        if (BitOperations.IsPow2(first))
        {
            before = firstRoot.ToArray();
        }
        else
        {
            before = path[..HashSize].ToArray();
            path = path[HashSize..];
        }

        byte[] after = before;
        for (; path.Length > 0; path = path[HashSize..])
        {
            ReadOnlySpan<byte> next = path[..HashSize];
            if (last == 0)
                return false;
            if (IsRight(ref left, ref last))
                (before, after) = (HashNode(next, before), HashNode(next, after));
            else
                after = HashNode(after, next);
            (left, last) = (left >> 1, last >> 1);
        }

        return last == 0 && firstRoot.SequenceEqual(before) && secondRoot.SequenceEqual(after);
    }

    /// <summary>The whole subtrees whose hashes a computation asks for, so that they can be read beforehand.</summary>
    /// <param name="compute">It is given hashes that are zero.</param>
    public static IReadOnlyList<TreePlace> Needed(Action<Func<TreePlace, byte[]>> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        HashSet<TreePlace> places = [];
        byte[] unknown = new byte[HashSize];
        compute(place =>
        {
            places.Add(place);
            return unknown;
        });
        return [.. places];
    }

    /// <summary>Hashes one behind the other.</summary>
    public static byte[] Join(IReadOnlyList<byte[]> hashes) => [.. hashes.SelectMany(static h => h)];

    private static bool IsPath(ReadOnlySpan<byte> path) =>
        path.Length % HashSize == 0 && path.Length <= MaxProof * HashSize;

    // Sections 2.1.3.2 and 2.1.4.2, "if LSB(fn) is set, or if fn is equal to sn": the proof's hash is on the left.
    private static bool IsRight(ref ulong first, ref ulong last)
    {
        if ((first & 1) == 0 && first != last)
            return false;
        while ((first & 1) == 0 && first != 0)
            (first, last) = (first >> 1, last >> 1);
        return true;
    }

    // The largest power of two that is smaller: k of section 2.1.1.
    private static ulong LeftOf(ulong size) => 1UL << BitOperations.Log2(size - 1);

    private static byte[] Hash(ulong start, ulong count, Func<TreePlace, byte[]> nodes)
    {
        if (BitOperations.IsPow2(count))
        {
            int level = BitOperations.Log2(count);
            return nodes(new TreePlace(level, start >> level));
        }

        ulong left = LeftOf(count);
        return HashNode(Hash(start, left, nodes), Hash(start + left, count - left, nodes));
    }
}
