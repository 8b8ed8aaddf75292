using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  context size 4 | group context of the parent | size 4 | commit | size 4 | commit
//
/// <summary>
/// The proof that a member plays foul: two different commits that it signed on one state. Both signatures cover the
/// context of that state, so that the proof needs nothing else, for whoever joined later too.
/// </summary>
public sealed class Contradiction
{
    /// <summary>
    /// Largest context that is looked at, in bytes. Arbitrary: a required capability and 16 admins take 400.
    /// </summary>
    public const int MaxContext = 2048;

    /// <summary>
    /// Largest proof in bytes: two commits of the largest kind would not fit beside others in one envelope.
    /// </summary>
    public const int MaxSize = 40 << 10;

    private Contradiction(byte[] context, byte[] first, byte[] second) =>
        (Context, First, Second) = (context, first, second);

    /// <summary>The encoded group context of the state that both were made on.</summary>
    public ReadOnlyMemory<byte> Context { get; }

    /// <summary>One commit: an MLSMessage.</summary>
    public ReadOnlyMemory<byte> First { get; }

    /// <summary>The other.</summary>
    public ReadOnlyMemory<byte> Second { get; }

    /// <summary>Puts a proof together; null if it would be too large to travel.</summary>
    public static Contradiction? Of(ReadOnlySpan<byte> context, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var made = new Contradiction(context.ToArray(), first.ToArray(), second.ToArray());
        return context.Length <= MaxContext && made.Size <= MaxSize ? made : null;
    }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public int Size => (3 * sizeof(uint)) + Context.Length + First.Length + Second.Length;

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out Contradiction? proof)
    {
        proof = null;
        var reader = new FrameReader(bytes);
        if (bytes.Length > MaxSize || !reader.TryBlock(MaxContext, out ReadOnlySpan<byte> context)
            || !reader.TryBlock(MaxSize, out ReadOnlySpan<byte> first)
            || !reader.TryBlock(MaxSize, out ReadOnlySpan<byte> second) || !reader.AtEnd)
            return false;
        proof = new Contradiction(context.ToArray(), first.ToArray(), second.ToArray());
        return true;
    }

    internal void Write(FrameWriter writer)
    {
        writer.Block(Context.Span);
        writer.Block(First.Span);
        writer.Block(Second.Span);
    }

    /// <summary>Whether both commits are of the holder of a key, on one state of a group, and differ.</summary>
    public bool Proves(MeshGroupId group, ReadOnlySpan<byte> signatureKey)
    {
        if (!UnverifiedMessage.Parse(First.Span).TryGet(out UnverifiedMessage? a)
            || !UnverifiedMessage.Parse(Second.Span).TryGet(out UnverifiedMessage? b)
            || CommitEvidence.Of(a) is not { } first || CommitEvidence.Of(b) is not { } second)
            return false;
        return MeshGroupId.TryRead(a.GroupId.Span, out MeshGroupId of) && of == group
            && first.Committer == second.Committer
            && !first.SignedContent.Span.SequenceEqual(second.SignedContent.Span)
            && first.IsSignedBy(Context, signatureKey) && second.IsSignedBy(Context, signatureKey);
    }
}
