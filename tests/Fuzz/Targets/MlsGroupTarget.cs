using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// A member reads what another member made: the first byte says how the rest is wrapped. What has to be signed is
/// signed, so that the checks behind the signature are reached.
/// </summary>
internal static class MlsGroupTarget
{
    internal static readonly FuzzTarget Target =
        new("mls-group", "commits, proposals, invitations of a dishonest member", Seeds, Run);

    private static MlsWorld? _world;

    private static MlsWorld Current => _world ??= new MlsWorld();

    private static IEnumerable<byte[]> Seeds()
    {
        MlsWorld world = new();
        Group bob = world.Bob;
        UpdatePath path = Forge.Path(bob);
        ProposalOrRef reference = new(null, bob.Proposals[0].Resolved.Reference);
        ProposalOrRef add = new(new AddProposal(Forge.KeyPackage(new TestClient("dave"))), default);
        ProposalOrRef remove = new(new RemoveProposal(new LeafIndex(2)), default);
        byte[] nonce = new byte[bob.Current.Suite.HashSize];
        ProposalOrRef psk = new(
            new PreSharedKeyProposal(
                PreSharedKeyId.Resumption(ResumptionUsage.Application, bob.GroupId, bob.Epoch, nonce)), default);
        foreach (ProposalOrRef[] proposals in new ProposalOrRef[][] { [], [reference], [add], [remove], [psk, add],
            [add, remove] })
        {
            byte[] content = FramedContent.ForCommit(Forge.Header(bob), new Commit(proposals, path)).Encoded.ToArray();
            yield return [0, .. content];
            yield return [1, .. content];
        }

        yield return [0, .. FramedContent.ForProposal(Forge.Header(bob), SelfRemoveProposal.Instance).Encoded.Span];
        yield return [2, .. bob.GroupInfo().Value];
        yield return [4, .. world.Update];
        TestClient eve = new("eve", random: new SeededRandom(5).Fill);
        PendingCommit commit = bob.Commit(new CommitRequest { Add = [eve.KeyPackageFor(world.Clients[1])] }).Value;
        yield return [3, .. commit.Welcome!];
        yield return [4, .. commit.Message];
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        // What was accepted changed the group: the next input finds a new one.
        if (Read(Current, input[0] % 5, input[1..].ToArray()))
            _world = null;
    }

    private static bool Read(MlsWorld world, int how, byte[] bytes) => how switch
    {
        0 => Sign(bytes) is { } content
            && Process(world.Alice, Forge.Public(world.Bob, content, new byte[world.Bob.Current.Suite.HashSize])),
        // Bob has keys of his own leaf to encrypt with, and of no other.
        1 => Sign(bytes) is { } content && content.Sender == new Sender(SenderType.Member, world.Bob.Self.Value)
            && Process(world.Alice, Encrypt(world.Bob, content)),
        2 => Join(world, bytes),
        3 => UnverifiedWelcome.Parse(bytes).TryGet(out UnverifiedWelcome? welcome)
            && world.Clients[3].Client.Open(welcome).IsOk,
        _ => Process(world.Alice, bytes),
    };

    private static FramedContent? Sign(byte[] bytes)
    {
        MlsReader reader = new(bytes);
        return FramedContent.TryRead(ref reader, out FramedContent content) && reader.AtEnd ? content : null;
    }

    // Takes a generation of the sender's, so that the world is spent after it.
    private static byte[] Encrypt(Group from, FramedContent content)
    {
        _world = null;
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, from.Current.Context, from.Identity.Signer);
        return Forge.Private(from, content, signature);
    }

    private static bool Process(Group group, byte[] message) =>
        UnverifiedMessage.Parse(message).TryGet(out UnverifiedMessage? parsed) && group.Process(parsed).IsOk;

    private static bool Join(MlsWorld world, byte[] bytes)
    {
        if (!UnverifiedGroupInfo.Parse(bytes).TryGet(out UnverifiedGroupInfo? info))
            return false;
        MlsClient outsider = new TestClient("out").Client;
        return outsider.JoinExternally(info, world.Clients[3].Identity, new ExternalJoinRequest()).IsOk;
    }
}
