using System.Text.Json;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Scenarios;

// Steps from outside a group, and steps that lead to another group.
internal sealed partial class ScenarioRunner
{
    private object? ExternalJoin(JsonElement step)
    {
        string actor = Text(step, "actor");
        string joiner = Text(step, "joiner");
        bool removePrior = Flag(step, "removePrior");
        ReadOnlyMemory<byte>? tree = null;
        if (Flag(step, "externalTree"))
            tree = _groups[actor].RatchetTree();
        ExternalJoinRequest request = new()
        {
            RemovePrior = removePrior,
            RatchetTree = tree,
            ExternalPsks = step.TryGetProperty("psks", out JsonElement psks)
                ? [.. psks.EnumerateArray().Select(p => (ReadOnlyMemory<byte>)(byte[])_results[p.GetInt32()]!)]
                : [],
        };

        // The scripts install a key with the members; the joiner gets it with the invitation.
        foreach (ReadOnlyMemory<byte> psk in request.ExternalPsks)
            Client(joiner).Psks.Keys[Convert.ToHexString(psk.Span)] = Client(actor).Psks.Find(psk.Span)!;
        byte[] info = tree is null ? _groups[actor].GroupInfo().Value : InfoWithoutTree(actor);
        TestClient client = Client(joiner);
        ExternalJoin join =
            client.Client.JoinExternally(UnverifiedGroupInfo.Parse(info).Value, client.Identity, request).Value;
        string[] followers = [actor, .. Names(step, "members")];
        foreach (string follower in followers)
            Assert.True(_groups[follower].Follow(join.Message).IsExternal);
        _groups[joiner] = join.Accept();
        GroupTests.AssertAgreed([.. followers.Append(joiner).Select(n => _groups[n])]);
        return null;
    }

    private byte[] InfoWithoutTree(string actor) =>
        MlsFrame.Write(WireFormat.GroupInfo, Mls.Groups.WelcomeBuilder.GroupInfo(
        TestEnvironment.Create(), _groups[actor].Current, _groups[actor].Identity, includeTree: false,
        includeExternalPub: true));

    private byte[] NewMemberProposal(JsonElement step)
    {
        TestClient joiner = Client(Text(step, "joiner"));
        Group group = Group(step);
        return ExternalProposal.AddMyself(group.GroupId, group.Epoch, joiner.KeyPackage(), joiner.Identity);
    }

    private byte[] AddExternalSigner(JsonElement step)
    {
        string name = Text(step, "signer");
        Group group = Group(step);
        _externalSignerNames.Add(name);
        _externalSigners.Add(MlsIdentity.Generate(suite, Credential.Basic(System.Text.Encoding.UTF8.GetBytes(name))));
        Extension senders =
            ExternalSender.ToExtension(_externalSigners.Select(s => new ExternalSender(s.PublicKey, s.Credential)));
        return group.ProposeExtensions(new ExtensionList(
            [.. group.Extensions.Where(e => e.Type != ExtensionType.ExternalSenders), senders])).Value;
    }

    private object ExternalSignerProposal(JsonElement step)
    {
        int index = _externalSignerNames.IndexOf(Text(step, "actor"));
        string member = Text(step, "member");
        Group group = _groups[member];
        ExternalProposal outside = new(group.GroupId, group.Epoch, (uint)index, _externalSigners[index]);
        JsonElement what = step.GetProperty("description");
        return Text(what, "proposalType") switch
        {
            "add" => outside.Add(KeyPackage(what, member)),
            "remove" => outside.Remove(IndexOf(member, Text(what, "removed"))),
            "externalPSK" => outside.ExternalPsk(PskId(what)),
            "resumptionPSK" => outside.ResumptionPsk(what.UInt("epochID")),
            "groupContextExtensions" => outside.Extensions(Extensions(what)),
            "reinit" => outside.ReInit(Parameters(group, what)),
            string other => throw new InvalidOperationException(
                $"The scripts have a proposal that this runner does not know: {other}"),
        };
    }

    private ReInitRequest Parameters(Group group, JsonElement step)
    {
        bool change = Flag(step, "changeCiphersuite") || Flag(step, "changeCipherSuite");
        CipherSuite next = !change ? suite
            : suite == CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519 ? CipherSuite.P256Aes128GcmSha256P256
            : CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519;
        ReadOnlyMemory<byte> id = Flag(step, "changeGroupID") ? new byte[] { 0xaa, 0xbb } : group.GroupId;
        return new ReInitRequest(id, next, Extensions(step));
    }

    private object? ReInit(JsonElement step)
    {
        string committer = Text(step, "committer");
        string welcomer = Text(step, "welcomer");
        string proposer = step.TryGetProperty("proposer", out JsonElement p) ? p.GetString()! : committer;
        string[] all = [.. Names(step, "members").Concat([committer, welcomer, proposer]).Distinct()];
        byte[] proposal = step.TryGetProperty("externalReinitProposal", out JsonElement external)
            ? (byte[])_results[external.GetInt32()]!
            : _groups[proposer].ProposeReInit(Parameters(_groups[proposer], step)).Value;
        Deliver(proposal, all);
        PendingCommit commit = _groups[committer].Commit(new CommitRequest()).Value;
        Commit(committer, commit, [.. all.Where(n => n != committer)], [], externalTree: false);
        Assert.All(all, n => Assert.Equal(GroupStatus.ReInitialised, _groups[n].Status));

        CipherSuite next = _groups[welcomer].ReInit!.CipherSuite;
        Dictionary<string, MlsIdentity> identities = all.ToDictionary(n => n, n => NextIdentity(n, next));
        List<KeyPackage> packages = [];
        foreach (string name in all.Where(n => n != welcomer))
        {
            KeyPackage own = Client(name).Client.CreateKeyPackage(identities[name], TimeSpan.FromDays(1));
            packages.Add(Client(welcomer).Client.Verify(UnverifiedKeyPackage.Parse(own.ToMessage()).Value).Value);
        }
        SuccessorGroup successor = Client(welcomer).Client.ReInitialise(
            _groups[welcomer], identities[welcomer], packages, Flag(step, "forcePath")).Value;
        List<Group> joined = [successor.Group];
        joined.AddRange(all.Where(n => n != welcomer).Select(n => Client(n).Join(successor.Welcome)));
        GroupTests.AssertAgreed([.. joined]);
        return null;
    }

    private MlsIdentity NextIdentity(string name, CipherSuite next)
    {
        TestClient client = Client(name);
        if (next == suite)
            return client.Identity;
        MlsIdentity identity = MlsIdentity.Generate(next, client.Identity.Credential);
        client.Client.AddIdentity(identity);
        return identity;
    }

    private object? Branch(JsonElement step)
    {
        string actor = Text(step, "actor");
        string[] members = Names(step, "members");
        SuccessorGroup branch = Client(actor).Client.Branch(
            _groups[actor], [0xcc], Extensions(step), [.. members.Select(m => Client(m).KeyPackageFor(Client(actor)))],
            Flag(step, "forcePath")).Value;
        GroupTests.AssertAgreed([branch.Group, .. members.Select(m => Client(m).Join(branch.Welcome))]);
        return null;
    }
}
