using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>Somebody who founds a group and invites a <see cref="GroupNode"/> to it.</summary>
internal sealed class GroupInviter : IDisposable
{
    private readonly LocalIdentity _identity = LocalIdentity.Generate();
    private readonly Sealer _sealer;
    private readonly GroupSealing _sealing;
    private readonly GroupSelf _self;

    internal GroupInviter()
    {
        _sealer = new Sealer(_identity);
        _sealing = new GroupSealing(_identity, _sealer, 32);
        _self = new GroupSelf(_identity, RandomSource.System, TimeProvider.System, new GroupTiming());
    }

    internal NodeAddress Address => _identity.Address;

    internal MeshGroup? Group { get; private set; }

    public void Dispose()
    {
        _self.Dispose();
        _sealing.Dispose();
        _sealer.Dispose();
        _identity.Dispose();
    }

    /// <summary>A question for a KeyPackage.</summary>
    internal SentEnvelope Ask(GroupNode node, CipherSuite suite = CipherSuite.X25519Aes128GcmSha256Ed25519) =>
        Seal(node, new KeyPackageFrame(false, suite, default).Write());

    /// <summary>A frame, sealed anew.</summary>
    internal SentEnvelope Seal(GroupNode node, byte[] frame) =>
        _sealing.Seal(node.Identity.PublicKey.Span, frame, isBulk: false)!;

    /// <summary>What a node answers to a question.</summary>
    internal byte[] KeyPackageOf(GroupNode node)
    {
        SentEnvelope answer = Assert.Single(node.Receive(Ask(node)).Envelopes);
        var arrival = new Arrival(1, answer.Id, answer.Header, answer.Bytes.AsMemory(EnvelopeHeader.Size));
        byte[]? frame = _sealing.Open(arrival, out _, new byte[Receipt.ProofSize]);
        Assert.True(KeyPackageFrame.TryRead(frame, out KeyPackageFrame read));
        return read.KeyPackage.ToArray();
    }

    /// <summary>Founds a group: a frame that invites a node to it.</summary>
    internal byte[] Invite(GroupNode node, byte[] keyPackage, string name = "lake")
    {
        Group = MeshGroup.Found(_self, node.Now, name, GroupSuites.All[0]);
        var output = new GroupOutput();
        Assert.True(Group.GiveOrder(node.Now, OrderKind.Add, node.Identity.Address, keyPackage, output));
        return Assert.Single(output.Mail, m => m.Frame[0] == (byte)GroupFrameKind.Welcome).Frame;
    }

    /// <summary>Founds a group of many: a frame that invites a node to it.</summary>
    internal byte[] Invite(GroupNode node, byte[] keyPackage, IEnumerable<GroupInviter> others)
    {
        Group = MeshGroup.Found(_self, node.Now, "lake", GroupSuites.All[0]);
        var output = new GroupOutput();
        foreach (GroupInviter other in others)
            Assert.True(Group.GiveOrder(node.Now, OrderKind.Add, other.Address, other.OwnKeyPackage(), output));
        Assert.True(Group.GiveOrder(node.Now, OrderKind.Add, node.Identity.Address, keyPackage, output));
        while (Group.Pending > 0)
        {
            node.Now = Group.NextDue;
            Group.Tick(node.Now, output);
        }

        return Assert.Single(
            output.Mail, m => m.Frame[0] == (byte)GroupFrameKind.Welcome && m.To == node.Identity.Address).Frame;
    }

    /// <summary>What a member says that stands where a group does.</summary>
    internal SentEnvelope Tip(GroupNode node, MeshGroup group, ulong number)
    {
        var writer = new FrameWriter();
        SignedTip tip = SignedTip.Sign(group.Id, number, group.Epoch, group.Tip, _identity);
        new GroupFrame(GroupFrameKind.Tip, group.Id, 0, tip).WriteHead(writer);
        return Seal(node, writer.ToArray());
    }

    /// <summary>
    /// The same invitation in other bytes, as good as before: no signature covers the oldest epoch of a frame.
    /// </summary>
    internal static byte[] Changed(byte[] frame, byte how)
    {
        byte[] changed = [.. frame];
        changed[1 + MeshGroupId.Size] = how;
        return changed;
    }

    /// <summary>A text for the node that was invited.</summary>
    internal SentEnvelope Text(GroupNode node, string text)
    {
        var output = new GroupOutput();
        Assert.NotNull(Group!.Send(node.Now, System.Text.Encoding.UTF8.GetBytes(text), output));
        return _sealing.Text(
            node.Identity.PublicKey.Span, Assert.Single(output.Texts).PayloadFor(node.Identity.Address),
            Priority.Normal, TimeSpan.FromHours(1))!;
    }

    /// <summary>Any payload for the node, as if it were a text.</summary>
    internal SentEnvelope Payload(GroupNode node, byte[] payload) =>
        _sealing.Text(node.Identity.PublicKey.Span, payload, Priority.Normal, TimeSpan.FromHours(1))!;

    private byte[] OwnKeyPackage() => _self.Client.CreateKeyPackage(
        _self.IdentityFor(GroupSuites.All[0]), NodeKeyPackages.Lifetime).ToMessage();
}
