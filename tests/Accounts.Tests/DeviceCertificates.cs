using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Who is a device of whom, and who only says so.</summary>
public sealed class DeviceCertificates : IDisposable
{
    private static readonly DateTimeOffset InAYear = TimeProvider.System.GetUtcNow().AddYears(1);

    private readonly LocalIdentity _alice = LocalIdentity.Generate();
    private readonly LocalIdentity _laptop = LocalIdentity.Generate();
    private readonly LocalIdentity _mallory = LocalIdentity.Generate();

    public void Dispose()
    {
        _alice.Dispose();
        _laptop.Dispose();
        _mallory.Dispose();
    }

    [Fact]
    public void A_certificate_holds_for_one_key_of_one_identity_and_until_its_end()
    {
        DeviceCertificate certificate = DeviceCertificate.Sign(_alice, _laptop.PublicKey.Span, InAYear);
        Assert.True(DeviceCertificate.TryParse(certificate.ToString(), out DeviceCertificate? read, out _));
        Assert.Equal(certificate.Bytes.ToArray(), read.Bytes.ToArray());
        Assert.Equal(_alice.PublicKey.ToArray(), read.Identity.ToArray());
        Assert.True(read.IsOf(_laptop.PublicKey.Span));
        Assert.False(read.IsOf(_mallory.PublicKey.Span));
        Assert.False(read.IsOf(_alice.PublicKey.Span));
        Assert.True(read.IsAlive(InAYear.AddSeconds(-2)));
        Assert.False(read.IsAlive(InAYear.AddSeconds(2)));
        // Nobody needs one for itself.
        Assert.False(DeviceCertificate.Sign(_alice, _alice.PublicKey.Span, InAYear).IsOf(_alice.PublicKey.Span));
    }

    [Fact]
    public void A_certificate_that_was_cut_or_changed_anywhere_holds_for_nobody()
    {
        byte[] bytes = DeviceCertificate.Sign(_alice, _laptop.PublicKey.Span, InAYear).Bytes.ToArray();
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(DeviceCertificate.TryRead(bytes.AsSpan(0, length), out _));
        Assert.False(DeviceCertificate.TryRead([.. bytes, 0], out _));
        for (int at = 0; at < bytes.Length; at++)
        {
            foreach (byte flipped in (byte[])[0x01, 0x10, 0x80, 0xFF])
            {
                byte[] changed = [.. bytes];
                changed[at] ^= flipped;
                Assert.False(DeviceCertificate.TryRead(changed, out DeviceCertificate? read)
                    && read.IsOf(_laptop.PublicKey.Span));
            }
        }

        string text = DeviceCertificate.Sign(_alice, _laptop.PublicKey.Span, InAYear).ToString();
        for (int length = 0; length < text.Length; length++)
            Assert.False(DeviceCertificate.TryParse(text[..length], out _, out _));
        Assert.False(DeviceCertificate.TryParse(_alice.Address.ToString(), out _, out string? error));
        Assert.Contains("qpcdevice1", error);
    }

    [Fact]
    public void A_notice_is_read_as_it_was_written_and_never_when_cut()
    {
        byte[] bytes = new DeviceNotice(_laptop.PublicKey).ToBytes();
        Assert.True(DeviceNotice.TryRead(bytes, out DeviceNotice notice));
        Assert.Equal(_laptop.PublicKey.ToArray(), notice.Device.ToArray());
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(DeviceNotice.TryRead(bytes.AsSpan(0, length), out _));
        Assert.False(DeviceNotice.TryRead([.. bytes, 0], out _));
        bytes[0]++;
        Assert.False(DeviceNotice.TryRead(bytes, out _));
    }

    [Fact]
    public void What_is_kept_of_an_account_is_read_again_also_what_was_kept_before_there_were_devices()
    {
        var account = new ServerAccount("chat.example.org", "alice", _alice.PublicKey.ToArray())
        {
            Cursor = 7,
            Lost = 2,
        };
        account.Become(
            _alice.PublicKey.ToArray(), DeviceCertificate.Sign(_alice, _laptop.PublicKey.Span, InAYear));
        account.Devices.Add(_laptop.PublicKey.ToArray());
        account.Revoke(_mallory.PublicKey.ToArray());
        byte[] unnamed = account.Save();
        account.Names[Convert.ToHexString(_laptop.PublicKey.Span)] = "laptop";
        byte[] named = account.Save();
        Assert.Equal(named, ServerAccount.TryLoad(named, _laptop.PublicKey.Span)!.Save());
        Assert.Equal([unnamed.Length], Enumerable.Range(unnamed.Length, named.Length - unnamed.Length)
            .Where(length => ServerAccount.TryLoad(named[..length], _laptop.PublicKey.Span) is not null));
        account.Names.Clear();
        byte[] saved = account.Save();
        ServerAccount read = ServerAccount.TryLoad(saved, _laptop.PublicKey.Span)!;
        Assert.Equal(saved, read.Save());
        Assert.True(read.Certificate!.IsOf(_laptop.PublicKey.Span));
        // The front of it is what was kept before.
        int old = saved.Length - 1 - Ed25519.PublicKeySize - sizeof(uint) - DeviceCertificate.Size - 2 - 64;
        int loaded = 0;
        for (int length = 0; length < saved.Length; length++)
        {
            if (ServerAccount.TryLoad(saved[..length], _laptop.PublicKey.Span) is not { } before)
                continue;
            loaded++;
            Assert.Equal(_laptop.PublicKey.ToArray(), before.Identity);
            Assert.Equal((7UL, 2UL, 0), (before.Cursor, before.Lost, before.Devices.Count));
            Assert.Equal(old, length);
        }

        Assert.Equal(1, loaded);
        // With a domain it ends behind it, too.
        account.Domain = "a.example";
        account.Early.Add([1, 2, 3]);
        saved = account.Save();
        Assert.Equal(saved, ServerAccount.TryLoad(saved, _laptop.PublicKey.Span)!.Save());
        ServerAccount[] cut = [.. Enumerable.Range(0, saved.Length).Select(length => ServerAccount.TryLoad(
            saved[..length], _laptop.PublicKey.Span)).OfType<ServerAccount>()];
        Assert.Equal(["", "a.example"], cut.Select(a => a.Domain));
        Assert.All(cut, a => Assert.Empty(a.Devices));
    }

    [Fact]
    public void What_is_kept_of_a_session_is_read_again_also_what_was_kept_before_there_were_devices()
    {
        Assert.True(ServerEndpoint.TryParse("chat.example.org", out ServerEndpoint? endpoint, out _));
        var record = new AccountRecord
        {
            Endpoint = endpoint,
            User = "alice",
            Trusted = new string('a', 64),
            Token = new byte[32],
            ServerKey = new byte[32],
            IsDevice = true,
            Certificate = DeviceCertificate.Sign(_alice, _laptop.PublicKey.Span, InAYear),
        };
        byte[] bytes = record.ToBytes();
        AccountRecord read = AccountRecord.Read(bytes)!;
        Assert.True(read.IsDevice);
        Assert.Equal(record.Certificate.Bytes.ToArray(), read.Certificate!.Bytes.ToArray());
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(AccountRecord.Read(bytes.AsSpan(0, length)));
        byte[] old = [1, bytes[1], .. bytes[3..^(sizeof(int) + DeviceCertificate.Size)]];
        AccountRecord before = AccountRecord.Read(old)!;
        Assert.Equal(("alice", false), (before.User, before.IsDevice));
        Assert.Null(before.Certificate);
    }

    [Fact]
    public async Task Devices_that_a_server_claims_for_somebody_come_into_no_conversation()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        var port = new PortInMemory();
        await port.JoinAsync("there", "alice", alice);
        await port.JoinAsync("there", "bob", bob);
        foreach (DeviceCertificate? claim in Claims(alice.Identity))
        {
            using var server = new ServerSelf(_mallory, RandomSource.System, TimeProvider.System);
            port.Forged.Add(KeyPackageOf(server, claim).ToMessage());
        }

        await bob.SayAsync("alice@there", "for alice", "delivered").WaitAsync(Scene.Patience);
        Assert.Equal(["for alice"], await alice.TextsAsync());
        Assert.Equal(port.Forged.Count, bob.Node.Servers.Counters[ServerCount.Refused]);
        Assert.Equal(2, (await bob.ConversationAsync("alice@there"))!.Members.Count);
    }

    [Fact]
    public async Task What_a_revoked_device_writes_with_its_old_keys_is_dropped_though_the_server_delivers_it()
    {
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        var port = new PortInMemory();
        await port.JoinAsync("there", "alice", phone);
        await port.JoinAsync("there", "bob", bob);
        await phone.SayAsync("bob@there", "one", "delivered").WaitAsync(Scene.Patience);
        DeviceCertificate certificate =
            DeviceCertificate.Sign(phone.Identity, laptop.Identity.PublicKey.Span, InAYear);
        await port.JoinAsync("there", "alice's laptop", laptop, certificate);
        await phone.Node.Servers.AddDeviceAsync("there", laptop.Identity.PublicKey, "laptop");
        await HasEpochAsync(2, (phone, "bob@there"), (laptop, "bob@there"), (bob, "alice@there"));
        await laptop.SayAsync("bob@there", "two", "delivered").WaitAsync(Scene.Patience);

        // Receipts are on their way, too: the text is the one that is written to bob and to the phone.
        port.Swallows = true;
        int before = port.Stored.Count;
        await laptop.SayAsync("bob@there", "three", "forwarded").WaitAsync(Scene.Patience);
        ReadOnlyMemory<byte> late = port.Stored.Skip(before).First(m => m.Span[0] == 0);
        port.Swallows = false;
        await phone.Node.Servers.RevokeDeviceAsync("there", laptop.Identity.PublicKey);
        await HasEpochAsync(3, (phone, "bob@there"), (bob, "alice@there"));
        (ReadOnlyMemory<byte> channel, ServerBatch batch) = port.Read("bob").Single(r => !r.Channel.IsEmpty);
        ulong next = batch.Envelopes[^1].Sequence + 1;
        long refused = bob.Node.Servers.Counters[ServerCount.Refused];
        Assert.True(await bob.Node.Servers.ReceiveAsync(
            "there", channel, new ServerBatch([new ServerEnvelope(next, late)], 1)));
        Assert.Equal(["one", "two"], await bob.TextsAsync());
        Assert.Equal(refused + 1, bob.Node.Servers.Counters[ServerCount.Refused]);
    }

    private static Task HasEpochAsync(long epoch, params (TestNode Node, string Conversation)[] all) =>
        Scene.UntilAsync(
            async () => (await Task.WhenAll(all.Select(a => a.Node.ConversationAsync(a.Conversation))))
                .All(c => c is { State: "ready" } && c.Epoch == epoch),
            $"all have epoch {epoch}");

    [Fact]
    public void A_member_that_adds_somebodys_device_without_a_certificate_is_refused_by_the_others()
    {
        using var alice = new ServerSelf(_alice, RandomSource.System, TimeProvider.System);
        ServerAccount account = Account(_alice);
        byte[] id = new byte[16];
        (MlsClient lawless, MlsIdentity self) = Lawless(_mallory);
        using MlsIdentity owned = self;
        Group group = alice.Found(id, new ServerTerms(_alice.PublicKey, "lake"), account);
        Group theirs = TakeIn(group, alice, lawless, self);
        foreach (DeviceCertificate? claim in Claims(_alice).OfType<DeviceCertificate>())
        {
            using LocalIdentity stranger = LocalIdentity.Generate();
            using var strange = new ServerSelf(stranger, RandomSource.System, TimeProvider.System);
            PendingCommit commit =
                theirs.Commit(new CommitRequest { Add = [KeyPackageOf(strange, claim)] }).Value;
            MlsResult<Outcome> result = group.Process(UnverifiedMessage.Parse(commit.Message).Value);
            Assert.Equal(MlsErrorCode.RefusedByRules, result.Error.Code);
            theirs.DropPending();
        }

        // Nor does it take the place of somebody by a certificate in its own leaf.
        PendingCommit renewed = theirs.Commit(new CommitRequest
        {
            LeafExtensions = DeviceLeaf.ExtensionsOf(
                DeviceCertificate.Sign(_laptop, _mallory.PublicKey.Span, InAYear)),
        }).Value;
        Assert.Equal(MlsErrorCode.RefusedByRules,
            group.Process(UnverifiedMessage.Parse(renewed.Message).Value).Error.Code);
        theirs.DropPending();

        // With a certificate a device comes in, and counts as its person: five and no more.
        for (int i = 1; i <= 4; i++)
            Assert.True(TryAddDevice(group, alice, _alice));
        Assert.False(TryAddDevice(group, alice, _alice));
        Assert.Equal(2, DeviceLeaf.PersonsOf(group.Members).Count);
        Assert.Equal(6, group.Members.Count);
    }

    [Fact]
    public void All_leaves_of_a_person_name_one_server_or_the_commit_is_refused()
    {
        using var alice = new ServerSelf(_alice, RandomSource.System, TimeProvider.System);
        (MlsClient lawless, MlsIdentity self) = Lawless(_mallory);
        using MlsIdentity owned = self;
        ServerAccount account = Account(_alice);
        account.Domain = "a.example";
        Group group = alice.Found(new byte[16], new ServerTerms(_alice.PublicKey, "lake"), account);
        Group theirs = TakeIn(group, alice, lawless, self);
        // Else what is written to the person would go to a server that somebody else chose.
        foreach ((string home, bool isAllowed) in ((string, bool)[])[
            ("", true), ("a.example", true), ("b.example", false)])
        {
            using LocalIdentity device = LocalIdentity.Generate();
            using var other = new ServerSelf(device, RandomSource.System, TimeProvider.System);
            KeyPackage package = KeyPackageOf(
                other, DeviceCertificate.Sign(_alice, device.PublicKey.Span, InAYear), home);
            PendingCommit commit = theirs.Commit(new CommitRequest { Add = [package] }).Value;
            MlsResult<Outcome> result = group.Process(UnverifiedMessage.Parse(commit.Message).Value);
            if (isAllowed)
            {
                group.Merge(Assert.IsType<Outcome.CommitStaged>(result.Value).Commit);
                theirs.MergePending();
            }
            else
            {
                Assert.Equal(MlsErrorCode.RefusedByRules, result.Error.Code);
            }
        }
    }

    [Fact]
    public void No_leaf_moves_to_another_server_and_a_person_at_two_stops_nobody_elses_commits()
    {
        using var alice = new ServerSelf(_alice, RandomSource.System, TimeProvider.System);
        (MlsClient lawless, MlsIdentity self) = Lawless(_mallory);
        using MlsIdentity owned = self;
        ServerAccount account = Account(_alice);
        account.Domain = "a.example";
        Group group = alice.Found(new byte[16], new ServerTerms(_alice.PublicKey, "lake"), account);
        Group theirs = TakeIn(group, alice, lawless, self);

        // A leaf that named no server may name one, once.
        Assert.True(IsTaken(Move("b.example")));
        Assert.False(IsTaken(Move("c.example")));
        Assert.False(IsTaken(Move("")));

        // A group of before this was a law: its own member at two servers is nobody else's fault.
        using LocalIdentity second = LocalIdentity.Generate(), bob = LocalIdentity.Generate();
        using var device = new ServerSelf(second, RandomSource.System, TimeProvider.System);
        using var friend = new ServerSelf(bob, RandomSource.System, TimeProvider.System);
        Group mixed = lawless.CreateGroup(self, [1, 2, 3], group.Tip.Extensions).Value;
        foreach (string home in (string[])["a.example", "b.example"])
        {
            using LocalIdentity key = LocalIdentity.Generate();
            using var other = new ServerSelf(key, RandomSource.System, TimeProvider.System);
            KeyPackage package =
                KeyPackageOf(other, DeviceCertificate.Sign(_mallory, key.PublicKey.Span, InAYear), home);
            Assert.True(mixed.Commit(new CommitRequest { Add = [package] }).IsOk);
            mixed.MergePending();
        }

        Assert.Equal(Verdict.Accept, Judge(KeyPackageOf(friend, certificate: null, "a.example")));
        Assert.Equal(Verdict.Reject, Judge(KeyPackageOf(
            device, DeviceCertificate.Sign(_mallory, second.PublicKey.Span, InAYear), "c.example")));

        PendingCommit Move(string home) => theirs.Commit(
            new CommitRequest { ForcePath = true, LeafExtensions = ServerHome.ToExtensions(home) }).Value;
        bool IsTaken(PendingCommit commit)
        {
            MlsResult<Outcome> result = group.Process(UnverifiedMessage.Parse(commit.Message).Value);
            if (!result.TryGet(out Outcome? outcome))
            {
                theirs.DropPending();
                return false;
            }

            group.Merge(Assert.IsType<Outcome.CommitStaged>(outcome).Commit);
            theirs.MergePending();
            return true;
        }
        Verdict Judge(KeyPackage package) => new ServerRules().Judge(
            new CommitSummary
            {
                Epoch = mixed.Epoch + 1,
                Committer = mixed.Self,
                Added = [new Member(new LeafIndex((uint)mixed.Members.Count), package.Content.Leaf)],
            }, mixed.Tip);
    }

    [Fact]
    public void A_device_throws_nobodys_identity_out_and_stays_but_a_person_leaves_with_all_devices()
    {
        using LocalIdentity bob = LocalIdentity.Generate();
        using var bobs = new ServerSelf(bob, RandomSource.System, TimeProvider.System);
        using var alices = new ServerSelf(_alice, RandomSource.System, TimeProvider.System);
        (MlsClient lawless, MlsIdentity self) = Lawless(_laptop);
        using MlsIdentity owned = self;
        // Also where its person is the founder, who removes others.
        foreach (LocalIdentity founder in (LocalIdentity[])[bob, _alice])
        {
            byte[] id = new byte[16];
            bobs.Random(id);
            Group group = bobs.Found(id, new ServerTerms(founder.PublicKey, "lake"), Account(bob));
            KeyPackage[] joins =
            [
                .. new[]
                {
                    KeyPackageOf(alices, null),
                    lawless.CreateKeyPackage(self, TimeSpan.FromDays(1), lastResort: false,
                        DeviceLeaf.ExtensionsOf(
                            DeviceCertificate.Sign(_alice, _laptop.PublicKey.Span, InAYear))),
                }.Select(p => bobs.Client.Verify(UnverifiedKeyPackage.Parse(p.ToMessage()).Value).Value),
            ];
            PendingCommit added = group.Commit(new CommitRequest { Add = joins }).Value;
            group.MergePending();
            Group theirs = lawless.Join(UnverifiedWelcome.Parse(added.Welcome!).Value).Value;
            Member identity = Of(group, _alice), stolen = Of(group, _laptop);
            PendingCommit thrown = theirs.Commit(new CommitRequest { Remove = [identity.Index] }).Value;
            Assert.Equal(MlsErrorCode.RefusedByRules,
                group.Process(UnverifiedMessage.Parse(thrown.Message).Value).Error.Code);
            theirs.DropPending();

            Propose(theirs, identity, group);
            Assert.Equal(MlsErrorCode.RefusedByRules, group.Commit(new CommitRequest()).Error.Code);
            Propose(theirs, stolen, group);
            Assert.True(group.Commit(new CommitRequest()).TryGet(out _));
            group.MergePending();
            Assert.Equal(1, group.MemberCount);
        }

        static Member Of(Group group, LocalIdentity who) =>
            group.Members.Single(m => m.Leaf.SignatureKey.Span.SequenceEqual(who.PublicKey.Span));

        static void Propose(Group from, Member removed, Group to) => Assert.True(to.Process(UnverifiedMessage.Parse(
            from.ProposeRemove(removed.Index).Value).Value).TryGet(out _));
    }

    /// <summary>What somebody without the identity can say: nothing, of another device, signed by itself.</summary>
    private DeviceCertificate?[] Claims(LocalIdentity of)
    {
        byte[] forged = DeviceCertificate.Sign(_mallory, _mallory.PublicKey.Span, InAYear).Bytes.ToArray();
        of.PublicKey.Span.CopyTo(forged.AsSpan(1));
        Assert.True(DeviceCertificate.TryRead(forged, out DeviceCertificate? signedByItself));
        return [null, DeviceCertificate.Sign(of, _laptop.PublicKey.Span, InAYear), signedByItself];
    }

    private static bool TryAddDevice(Group group, ServerSelf self, LocalIdentity identity)
    {
        using LocalIdentity device = LocalIdentity.Generate();
        using var other = new ServerSelf(device, RandomSource.System, TimeProvider.System);
        KeyPackage package =
            KeyPackageOf(other, DeviceCertificate.Sign(identity, device.PublicKey.Span, InAYear));
        KeyPackage verified = self.Client.Verify(UnverifiedKeyPackage.Parse(package.ToMessage()).Value).Value;
        if (!group.Commit(new CommitRequest { Add = [verified] }).TryGet(out _))
            return false;
        group.MergePending();
        return true;
    }

    private static ServerAccount Account(LocalIdentity identity) =>
        new("there", "somebody", identity.PublicKey.ToArray());

    private static KeyPackage KeyPackageOf(ServerSelf self, DeviceCertificate? certificate, string home = "")
    {
        ServerAccount account = Account(self.Identity);
        account.Domain = home;
        account.Become(self.Identity.PublicKey.ToArray(), certificate);
        return self.MakeKeyPackage(TimeSpan.FromDays(1), isLastResort: false, account);
    }

    /// <summary>Takes a client that keeps to no law into a group; what it sees of the group.</summary>
    private static Group TakeIn(Group group, ServerSelf adder, MlsClient lawless, MlsIdentity self)
    {
        KeyPackage joins = adder.Client.Verify(
            UnverifiedKeyPackage.Parse(lawless.CreateKeyPackage(self, TimeSpan.FromDays(1)).ToMessage()).Value).Value;
        PendingCommit added = group.Commit(new CommitRequest { Add = [joins] }).Value;
        group.MergePending();
        return lawless.Join(UnverifiedWelcome.Parse(added.Welcome!).Value).Value;
    }

    /// <summary>A client that keeps to no law but RFC 9420.</summary>
    private static (MlsClient Client, MlsIdentity Self) Lawless(LocalIdentity identity)
    {
        MlsIdentity self = MlsIdentity.WithSigner(
            CipherSuite.X25519Aes128GcmSha256Ed25519, identity.PublicKey.Span,
            Credential.Basic(identity.PublicKey.Span), (message, signature) =>
            {
                identity.Sign(message, signature[..Ed25519.SignatureSize]);
                return Ed25519.SignatureSize;
            });
        var client = new MlsClient(
            new MlsClientOptions
            {
                Validator = new KeyCredential(),
                Supported = new Capabilities { Extensions = [ServerTerms.Type, ServerHome.Type, DeviceLeaf.Type] },
            },
            self);
        return (client, self);
    }
}
