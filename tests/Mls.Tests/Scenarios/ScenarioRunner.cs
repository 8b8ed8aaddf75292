using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Scenarios;

/// <summary>Runs one script of steps that name actors and refer to earlier steps by their index.</summary>
internal sealed partial class ScenarioRunner(CipherSuite suite, bool encrypt)
{
    private readonly Dictionary<string, TestClient> _clients = [];
    private readonly Dictionary<string, Group> _groups = [];
    private readonly List<MlsIdentity> _externalSigners = [];
    private readonly List<string> _externalSignerNames = [];

    // What each step made: a key package, a message, a PSK id, the extensions that a signer was added by.
    private readonly List<object?> _results = [];

    internal void Run(JsonElement script)
    {
        foreach (JsonElement step in script.EnumerateArray())
            _results.Add(Step(step));
        Assert.NotEmpty(_results);
    }

    private object? Step(JsonElement step)
    {
        switch (Text(step, "action"))
        {
            case "createGroup":
                return CreateGroup(step);
            case "createKeyPackage":
                return Client(Text(step, "actor")).KeyPackage();
            case "addProposal":
                return Group(step).ProposeAdd(KeyPackage(step, Text(step, "actor"))).Value;
            case "updateProposal":
                return Group(step).ProposeUpdate().Value;
            case "removeProposal":
                return Group(step).ProposeRemove(IndexOf(Text(step, "actor"), Text(step, "removed"))).Value;
            case "externalPSKProposal":
                return Group(step).ProposeExternalPsk(PskId(step)).Value;
            case "resumptionPSKProposal":
                return Group(step).ProposeResumptionPsk(step.UInt("epochID")).Value;
            case "groupContextExtensionsProposal":
                return Group(step).ProposeExtensions(Extensions(step)).Value;
            case "installExternalPSK":
                return InstallPsk(step);
            case "fullCommit":
                return FullCommit(step);
            case "protect":
                return Group(step)
                    .Encrypt(Encoding.UTF8.GetBytes(Text(step, "plaintext")),
                        Encoding.UTF8.GetBytes(Text(step, "authenticatedData"))).Value;
            case "unprotect":
                return Unprotect(step);
            case "externalJoin":
                return ExternalJoin(step);
            case "newMemberAddProposal":
                return NewMemberProposal(step);
            case "addExternalSigner":
                return AddExternalSigner(step);
            case "externalSignerProposal":
                return ExternalSignerProposal(step);
            case "reinit":
                return ReInit(step);
            case "branch":
                return Branch(step);
            default:
                throw new InvalidOperationException($"The scripts have a step that this runner does not know: {step}");
        }
    }

    private TestClient Client(string name)
    {
        if (!_clients.TryGetValue(name, out TestClient? client))
            _clients[name] = client = NewClient(name);
        return client;
    }

    private TestClient NewClient(string name)
    {
        GroupPolicy policy = new() { EncryptHandshakes = encrypt, AllowDataBeforeCommit = true };
        TestClient client = new(name, suite, policy, random: RandomSource.System);
        client.Validator.External = true;
        return client;
    }

    private object? CreateGroup(JsonElement step)
    {
        string actor = Text(step, "actor");
        Group group = Client(actor).Create("scenario");
        _groups[actor] = group;
        string[] members = Names(step, "members");
        if (members.Length > 0)
        {
            PendingCommit commit =
                group.Commit(new CommitRequest
                {
                    Add =
                    [.. members.Select(m => Client(m).KeyPackageFor(Client(actor)))]
                }).Value;
            group.MergePending();
            foreach (string member in members)
                _groups[member] = Client(member).Join(commit.Welcome!);
        }
        return null;
    }

    private object? FullCommit(JsonElement step)
    {
        string actor = Text(step, "actor");
        Group committer = _groups[actor];
        string[] members = Names(step, "members");
        string[] joiners = Names(step, "joiners");
        if (step.TryGetProperty("byReference", out JsonElement references))
        {
            foreach (JsonElement reference in references.EnumerateArray())
                Deliver((byte[])_results[reference.GetInt32()]!, [actor, .. members]);
        }
        bool external = Flag(step, "external_tree");
        CommitRequest request = ByValue(actor, step) with
        {
            ForcePath = Flag(step, "force_path"),
            RatchetTreeInWelcome = !external,
        };
        PendingCommit commit = committer.Commit(request).Value;
        Commit(actor, commit, members, joiners, external);
        return commit;
    }

    private void Commit(string actor, PendingCommit commit, string[] members, string[] joiners, bool externalTree)
    {
        foreach (string member in members)
            _groups[member].Follow(commit.Message);
        _groups[actor].MergePending();
        byte[] tree = _groups[actor].RatchetTree();
        foreach (string joiner in joiners)
        {
            ReadOnlyMemory<byte>? supplied = null;
            if (externalTree)
                supplied = tree;
            _groups[joiner] = Client(joiner).Join(commit.Welcome!, supplied);
        }
        GroupTests.AssertAgreed([.. members.Concat(joiners).Append(actor).Select(n => _groups[n])]);
    }

    private CommitRequest ByValue(string actor, JsonElement step)
    {
        List<KeyPackage> add = [];
        List<LeafIndex> remove = [];
        List<ReadOnlyMemory<byte>> psks = [];
        List<ulong> epochs = [];
        ExtensionList? extensions = null;
        if (step.TryGetProperty("byValue", out JsonElement list))
        {
            foreach (JsonElement item in list.EnumerateArray())
            {
                switch (Text(item, "proposalType"))
                {
                    case "add":
                        add.Add(KeyPackage(item, actor));
                        break;
                    case "remove":
                        remove.Add(IndexOf(actor, Text(item, "removed")));
                        break;
                    case "externalPSK":
                        psks.Add(PskId(item));
                        break;
                    case "resumptionPSK":
                        epochs.Add(item.UInt("epochID"));
                        break;
                    case "groupContextExtensions":
                        extensions = Extensions(item);
                        break;
                    default:
                        throw new InvalidOperationException(
                            $"The scripts have a proposal that this runner does not know: {item}");
                }
            }
        }
        return new CommitRequest
        {
            Add = add,
            Remove = remove,
            ExternalPsks = psks,
            ResumptionPsks = epochs,
            Extensions = extensions
        };
    }

    // Whoever sent it has it already.
    private void Deliver(byte[] message, IEnumerable<string> receivers)
    {
        foreach (string receiver in receivers)
        {
            MlsResult<Outcome> result = _groups[receiver].Process(message);
            Assert.True(result.IsOk || result.Error.Code == MlsErrorCode.OwnMessage, result.Error.ToString());
        }
    }

    private object? Unprotect(JsonElement step)
    {
        MlsResult<Outcome> outcome = Group(step).Process((byte[])_results[step.GetProperty("ciphertext").GetInt32()]!);
        Assert.StartsWith("hello world", outcome.Text(), StringComparison.Ordinal);
        return null;
    }

    private byte[] InstallPsk(JsonElement step)
    {
        byte[] id = [(byte)_results.Count, 0xee];
        foreach (string client in Names(step, "clients"))
            Client(client).Psks.Keys[Convert.ToHexString(id)] = [9, 9, (byte)_results.Count];
        return id;
    }

    private ReadOnlyMemory<byte> PskId(JsonElement step) => (byte[])_results[step.GetProperty("pskID").GetInt32()]!;

    private KeyPackage KeyPackage(JsonElement step, string user)
    {
        KeyPackage own = (KeyPackage)_results[step.GetProperty("keyPackage").GetInt32()]!;
        return Client(user).Client.Verify(UnverifiedKeyPackage.Parse(own.ToMessage()).Value).Value;
    }

    private Group Group(JsonElement step) => _groups[Text(step, "actor")];

    private LeafIndex IndexOf(string viewer, string name) => _groups[viewer].Members
        .Single(m => m.Credential.Identity.Span.SequenceEqual(Encoding.UTF8.GetBytes(name))).Index;

    private static string Text(JsonElement step, string name) => step.GetProperty(name).GetString()!;

    private static bool Flag(JsonElement step, string name) => step.TryGetProperty(name, out JsonElement value)
        && value.GetBoolean();

    private static string[] Names(JsonElement step, string name) =>
        step.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(e => e.GetString()!)] : [];

    private static ExtensionList Extensions(JsonElement step) => step.TryGetProperty("extensions", out JsonElement list)
        ? new ExtensionList(list.EnumerateArray().Select(e => new Extension(
            (ushort)e.UInt("extension_type"), Convert.FromBase64String(Text(e, "extension_data")))))
        : ExtensionList.Empty;
}
