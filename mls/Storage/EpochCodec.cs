using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>
/// One state as two values: what is large and fixed (context and tree), written once, and the secrets, which a message
/// changes, so that a message costs a small write.
/// </summary>
internal static class EpochCodec
{
    internal const byte FormatVersion = 2;

    /// <summary>Of the secrets, since ratchets are values of their own.</summary>
    private const byte SecretVersion = 3;

    // version; GroupContext; confirmation tag<V>; own leaf; ratchet_tree
    internal static byte[] PublicPart(GroupEpoch epoch)
    {
        using MlsWriter writer = new(4096);
        writer.Byte(FormatVersion);
        writer.Raw(epoch.Context.Encoded);
        writer.Vector(epoch.ConfirmationTag);
        writer.UInt32(epoch.Self.Value);
        epoch.Tree.Write(writer);
        return writer.ToArray();
    }

    // version; path keys; epoch secrets; nodes of the secret tree; exporter tree; uint32 count of own updates, each:
    // reference<V>, key<V>
    internal static byte[] SecretPart(GroupEpoch epoch)
    {
        using MlsWriter writer = new(2048);
        writer.Byte(SecretVersion);
        epoch.Keys.Write(writer);
        epoch.Secrets.Write(writer);
        epoch.SecretTree.WriteNodes(writer);
        epoch.Exporter.Write(writer);
        writer.UInt32((uint)epoch.Waiting.UpdateKeys.Count);
        foreach ((ReadOnlyMemory<byte> reference, byte[] key) in epoch.Waiting.UpdateKeys)
        {
            writer.Vector(reference);
            writer.Vector(key);
        }
        return writer.ToArray();
    }

    // version; each: AuthenticatedContent<V>
    internal static byte[] ProposalsPart(GroupEpoch epoch)
    {
        using MlsWriter writer = new(1024);
        writer.Byte(FormatVersion);
        foreach (StoredProposal proposal in epoch.Waiting.Items)
            writer.Vector(proposal.Content);
        return writer.ToArray();
    }

    /// <summary>Reads a state from its two values; the second one is zeroed.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    internal static GroupEpoch Read(byte[]? publicPart, byte[]? secretPart, EpochTrace trace)
    {
        if (publicPart is null || secretPart is null)
            throw Stored.Damaged();
        MlsReader reader = new(publicPart);
        Stored.Require(reader.TryReadByte(out byte version) && version == FormatVersion);
        Stored.Require(GroupContext.TryRead(ref reader, out GroupContext context, out _));
        Suite suite = Suite.Find(context.CipherSuite) ?? throw Stored.Damaged();
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> tag) & reader.TryReadUInt32(out uint self));
        Stored.Require(!RatchetTree.TryRead(suite, publicPart.AsMemory(reader.Position), out RatchetTree tree).Failed);
        Stored.Require(tree.Leaf(new LeafIndex(self)) is not null);
        Stored.Require(!GroupRequirements.TryParse(context.Extensions, out GroupRequirements requirements).Failed);

        MlsReader secrets = new(secretPart);
        Stored.Require(secrets.TryReadByte(out version) && version is FormatVersion or SecretVersion);
        GroupEpoch epoch = new()
        {
            Suite = suite,
            Context = context,
            Requirements = requirements,
            Tree = tree,
            InterimTranscriptHash = AuthenticatedContent.InterimTranscriptHash(
                suite, context.ConfirmedTranscriptHash.Span, tag.Span),
            ConfirmationTag = tag.ToArray(),
            Self = new LeafIndex(self),
            Keys = PathKeys.Read(ref secrets) ?? throw Stored.Damaged(),
            Secrets = EpochSecrets.Read(ref secrets, suite.HashSize) ?? throw Stored.Damaged(),
            SecretTree = (version == FormatVersion
                ? SecretTree.ReadWhole(suite, ref secrets) : SecretTree.ReadNodes(suite, ref secrets))
                ?? throw Stored.Damaged(),
            Exporter = ExporterTree.Read(suite, ref secrets) ?? throw Stored.Damaged(),
            Trace = trace,
        };
        ReadUpdateKeys(ref secrets, epoch);
        Stored.Require(secrets.AtEnd);
        Secrets.Zero(secretPart);
        return epoch;
    }

    /// <summary>
    /// Reads the ratchets of a state, each from its value, which is zeroed: those of all members whose secret was taken
    /// out of the tree have to be there.
    /// </summary>
    /// <exception cref="InvalidDataException">One is missing or damaged.</exception>
    internal static void ReadRatchets(GroupEpoch epoch, IEnumerable<(uint Leaf, byte[] Value)> values)
    {
        foreach ((uint leaf, byte[] value) in values)
        {
            Stored.Require(epoch.SecretTree.TryReadRatchets(leaf, value));
            Secrets.Zero(value);
        }
        if (epoch.Trace.Standing == StateStanding.Closed)
            return;
        foreach ((LeafIndex leaf, _) in epoch.Tree.Members())
        {
            // What is settled gave up what its own member sends with.
            bool isGivenUp = leaf == epoch.Self && epoch.Trace.Standing == StateStanding.Settled;
            Stored.Require(isGivenUp || epoch.SecretTree.Has(leaf));
        }
    }

    internal static void ReadProposals(byte[]? bytes, GroupEpoch epoch)
    {
        if (bytes is null)
            return;
        MlsReader reader = new(bytes);
        Stored.Require(reader.TryReadByte(out byte version) && version == FormatVersion);
        while (!reader.AtEnd)
        {
            Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> encoded));
            MlsReader item = new(encoded);
            Stored.Require(AuthenticatedContent.TryRead(ref item, out AuthenticatedContent content));
            Stored.Require(content.Content.Proposal is not null);
            epoch.Waiting.Items.Add(StoredProposal.Of(content, content.Reference(epoch.Suite)));
        }
    }

    private static void ReadUpdateKeys(ref MlsReader reader, GroupEpoch epoch)
    {
        Stored.Require(reader.TryReadUInt32(out uint updates));
        for (uint i = 0; i < updates; i++)
        {
            Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> reference) & reader.TryReadVector(
                out ReadOnlyMemory<byte> key));
            epoch.Waiting.AddUpdateKey(reference.ToArray(), key.ToArray());
        }
    }
}

/// <summary>A store that gives out something else than it was given is a local fault, and throws.</summary>
internal static class Stored
{
    internal static void Require(bool ok)
    {
        if (!ok)
            throw Damaged();
    }

    /// <summary>A time that was written as milliseconds since 1970, in two's complement.</summary>
    internal static DateTimeOffset Time(ulong written)
    {
        long milliseconds = (long)written;
        Require(milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds());
        Require(milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    internal static InvalidDataException Damaged() =>
        new("The stored state of an MLS group is damaged, or of another version.");
}
