using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  parent 32 | size 4 | commit
//
/// <summary>A commit with the state that it was made on: the number of an epoch does not name that.</summary>
/// <param name="Parent">The state.</param>
/// <param name="Commit">An MLSMessage in the clear; the frame around it is sealed to one member.</param>
public readonly record struct CommitBundle(StateId Parent, ReadOnlyMemory<byte> Commit)
{
    /// <summary>Largest commit in bytes: one that carries a proof, and a path through 250 leaves, fits.</summary>
    public const int MaxCommit = 56 << 10;

    /// <summary>Bytes of a bundle.</summary>
    public static int SizeOf(int commit) => StateId.Size + sizeof(uint) + commit;

    internal void Write(FrameWriter writer)
    {
        Parent.Write(writer.Take(StateId.Size));
        writer.Block(Commit.Span);
    }

    internal static bool TryRead(ref FrameReader reader, out CommitBundle bundle)
    {
        bundle = default;
        if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> parent)
            || !reader.TryBlock(MaxCommit, out ReadOnlySpan<byte> commit))
            return false;
        bundle = new CommitBundle(new StateId(parent), commit.ToArray());
        return true;
    }
}
