using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

/// <summary>Whoever founds a pair with a program of its own making: MLS holds it to MLS alone.</summary>
internal sealed class LawlessFounder : IDisposable
{
    internal const ulong Number = 7;

    private readonly LocalIdentity _identity;
    private readonly MlsIdentity _mls;
    private readonly MlsClient _client;
    private readonly MeshGroupId _id;
    private readonly Group _group;
    private OrderTable _table;
    private ulong _tips;

    internal LawlessFounder(LocalIdentity identity, in NodeAddress peer)
    {
        _identity = identity;
        CipherSuite suite = GroupSuites.All[0];
        _mls = MlsIdentity.WithSigner(
            suite, identity.PublicKey.Span, AddressCredential.Of(identity.PublicKey.Span), (message, signature) =>
            {
                identity.Sign(message, signature[..Ed25519.SignatureSize]);
                return Ed25519.SignatureSize;
            });
        _client = new MlsClient(
            new MlsClientOptions
            {
                Validator = new AddressCredential(),
                Policy = new GroupPolicy { EncryptHandshakes = false },
                Supported = new Capabilities { Extensions = [GroupContextExtension.Type, PairExtension.Type] },
            },
            _mls);
        _id = PairId.Of(identity.Address, peer);
        _table = OrderTable.Founded(identity.Address);
        Assert.True(_client.CreateGroup(
            _mls, _id.ToArray(), GroupContextExtension.ListFor(_table, isStrict: false, Number))
            .TryGet(out Group? group));
        _group = group;
    }

    public void Dispose() => _mls.Dispose();

    /// <summary>Lets nodes in by one commit, each by an order that it signs.</summary>
    /// <returns>A frame with the Welcome.</returns>
    internal byte[] LetIn((NodeAddress Who, byte[] KeyPackage)[] newcomers, out byte[] commit)
    {
        List<Order> orders = [];
        List<KeyPackage> add = [];
        foreach ((NodeAddress who, byte[] message) in newcomers)
        {
            var order = Order.Sign(
                new Order.Fields(_id, who, OrderKind.Add, _table.LastOrder(who), default), _identity);
            orders.Add(order);
            _table = _table.After(order)!;
            Assert.True(UnverifiedKeyPackage.Parse(message).TryGet(out UnverifiedKeyPackage? package));
            Assert.True(_client.Verify(package).TryGet(out KeyPackage? verified));
            add.Add(verified);
        }

        PendingCommit made = Commit(orders, add, out commit);
        var body = new WelcomeBody(default, "", _table, made.Welcome!);
        return Frame(GroupFrameKind.Welcome, body.Write);
    }

    /// <summary>Renews its keys, once more.</summary>
    internal void Renew(out byte[] commit) => Commit([], [], out commit);

    private PendingCommit Commit(List<Order> orders, List<KeyPackage> add, out byte[] frame)
    {
        StateId parent = _group.Tip.Id;
        Assert.True(_group.Commit(new CommitRequest
        {
            Add = add,
            Extensions = orders.Count == 0 ? null : GroupContextExtension.ListFor(_table, isStrict: false, Number),
            ForcePath = true,
            IncludePendingProposals = false,
            AuthenticatedData = CommitData.Write([.. orders]),
        }).TryGet(out PendingCommit? made));
        _group.MergePending();
        var body = new CommitsBody([new CommitBundle(parent, made.Message)]);
        frame = Frame(GroupFrameKind.Commits, body.Write);
        return made;
    }

    private byte[] Frame(GroupFrameKind kind, Action<FrameWriter> body)
    {
        var writer = new FrameWriter();
        SignedTip tip = SignedTip.Sign(_id, ++_tips, _group.Epoch, _group.Tip.Id, _identity);
        new GroupFrame(kind, _id, 0, tip).WriteHead(writer);
        body(writer);
        return writer.ToArray();
    }
}
