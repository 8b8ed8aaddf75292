using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>Two servers over one database, and clients of both.</summary>
[Collection(PostgresCluster.Collection)]
public class TwoServerTests(PostgresCluster cluster)
{
    [PostgresFact]
    public async Task The_same_id_a_hundred_times_at_once_on_two_servers_is_one_message_with_one_proof()
    {
        (TestServer first, TestServer second) = await StartTwoAsync();
        await using TestServer one = first, two = second;
        await using TestClient alice = await TestClient.JoinAsync(one, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(two, "wss", "bob");
        // The same account at both: it logs in where it did not register.
        await using TestClient again = Client(two, "alice", alice);
        await again.LogInAsync();
        TestClient[] both = [alice, again];
        EnqueueResponse[] sent =
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => both[i % 2].SendAsync(bob, 1))));
        Assert.Equal([1UL], sent.Select(s => s.Seq).Distinct());
        Assert.Single(sent.Select(s => s.DeliveryProof).Distinct());
        Assert.Single(sent, s => !s.Duplicate);
        Assert.Single((await bob.FetchAsync()).Payloads);
        foreach (TestClient client in both)
            Assert.Equal(RpcStatus.Conflict,
                await client.StatusAsync(RpcMethod.Enqueue, TestClient.Message(bob.Key, 1, "other bytes")));
    }

    [PostgresFact]
    public async Task Of_two_commits_for_an_epoch_on_two_servers_one_wins_and_nothing_of_the_other_is_there()
    {
        const int Rounds = 20;
        (TestServer first, TestServer second) = await StartTwoAsync();
        await using TestServer one = first, two = second;
        await using TestClient alice = await TestClient.JoinAsync(one, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(two, "wss", "bob");
        await using TestClient carol = await TestClient.JoinAsync(two, "wss", "carol");
        await CommitAsync(alice, 0, TestClient.Message(bob.Key, 0), TestClient.Message(carol.Key, 0));
        for (int epoch = 1; epoch <= Rounds; epoch++)
        {
            RpcStatus[] both = await Task.WhenAll(
                CommitAsync(alice, (ulong)epoch, TestClient.Message(bob.Key, epoch),
                    TestClient.Message(carol.Key, epoch, "of alice")),
                CommitAsync(bob, (ulong)epoch, TestClient.Message(alice.Key, epoch + 100),
                    TestClient.Message(carol.Key, epoch + 100, "of bob")));
            Assert.Equal([RpcStatus.Ok, RpcStatus.StaleEpoch], both.Order());
        }

        FetchResponse all = await carol.FetchAsync();
        Assert.Equal(Enumerable.Range(1, Rounds + 1).Select(i => (ulong)i), all.Payloads.Select(p => p.Seq));
        Assert.Equal(Rounds, (await alice.FetchAsync()).Payloads.Count + (await bob.FetchAsync()).Payloads.Count - 1);
    }

    [PostgresFact]
    public async Task Who_waits_at_one_server_is_woken_by_a_message_to_the_other()
    {
        (TestServer first, TestServer second) = await StartTwoAsync();
        await using TestServer one = first, two = second;
        await using TestClient alice = await TestClient.JoinAsync(one, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(two, "wss", "bob");
        for (int i = 1; i <= 50; i++)
        {
            Task<FetchResponse> waiting = bob.WaitAsync(60_000);
            EnqueueResponse sent = await alice.SendAsync(bob, i);
            Assert.Equal(sent.Seq, Assert.Single((await waiting.WaitAsync(TimeSpan.FromSeconds(60))).Payloads).Seq);
            await bob.AckAsync(sent.Seq);
        }
    }

    [PostgresFact]
    public async Task What_is_revoked_at_one_server_is_closed_at_the_other()
    {
        (TestServer first, TestServer second) = await StartTwoAsync();
        await using TestServer one = first, two = second;
        await using TestClient alice = await TestClient.JoinAsync(one, "wss", "alice");
        using LocalIdentity phone = LocalIdentity.Generate(), laptop = LocalIdentity.Generate();
        await alice.RegisterDeviceAsync(phone);
        await alice.RegisterDeviceAsync(laptop);
        await using TestClient there = Client(two, "alice", alice);
        await there.LogInAsync(phone);
        await using TestClient other = Client(two, "alice", alice);
        await other.LogInAsync(laptop);
        (IRpcConnection onPhone, IRpcConnection elsewhere) = (there.Connection!, other.Connection!);
        await alice.RevokeDeviceAsync(phone);
        await onPhone.Closed.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(RpcStatus.Ok, await other.StatusAsync(RpcMethod.ListDevices, new ListDevicesRequest()));
        Assert.False(elsewhere.Closed.IsCompleted);
        await alice.DeleteAccountAsync();
        await elsewhere.Closed.WaitAsync(TimeSpan.FromSeconds(60));
        RpcException ended = await Assert.ThrowsAsync<RpcException>(() => there.AuthenticateAsync(there.Token, phone));
        Assert.Equal(RpcStatus.Unauthenticated, ended.Status);
    }

    [PostgresFact]
    public async Task A_process_with_other_keys_than_the_database_is_refused_and_told_what_to_copy()
    {
        string database = await cluster.MakeDatabaseAsync();
        await using TestServer first = await StartAsync(database);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => StartAsync(database));
        Assert.Contains("copy server.key and tls.pem", refused.Message);
        string directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;
        foreach (string file in (string[])[ServerKeys.FileName, TlsCertificate.FileName])
            File.Copy(Path.Combine(first.DataDirectory, file), Path.Combine(directory, file));
        byte[] key = File.ReadAllBytes(Path.Combine(directory, ServerKeys.FileName));
        key[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(directory, ServerKeys.FileName), key);
        refused = await Assert.ThrowsAsync<IOException>(() => TestServer.StartAsync(
            o => o with { DataDirectory = directory, Postgres = PostgresPrograms.Read(database) }));
        Assert.Contains("not the key file of this database", refused.Message);
        Directory.Delete(directory, recursive: true);
    }

    [PostgresFact]
    public async Task A_dump_and_the_key_files_are_all_that_a_new_machine_needs()
    {
        string database = await cluster.MakeDatabaseAsync(), dump = Path.Combine(cluster.Folder, "dump"), restored;
        await using TestServer lost = await StartAsync(database);
        await using TestClient alice = await TestClient.JoinAsync(lost, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(lost, "wss", "bob");
        EnqueueResponse sent = await alice.SendAsync(bob, 1, "before the fire");
        await cluster.ProgramAsync("pg_dump", "-h", cluster.Folder, "-U", "postgres", "-Fc", "-f", dump,
            PostgresPrograms.Read(database).Database);
        restored = await cluster.MakeDatabaseAsync();
        await cluster.ProgramAsync("pg_restore", "-h", cluster.Folder, "-U", "postgres", "-d",
            PostgresPrograms.Read(restored).Database, "--no-owner", dump);
        await using TestServer server = await StartAsync(restored, keysOf: lost);
        await using TestClient back = Client(server, "bob", bob);
        await back.LogInAsync();
        Assert.Equal("before the fire", Assert.Single((await back.FetchAsync()).Payloads).Data.ToStringUtf8());
        await using TestClient sender = Client(server, "alice", alice);
        await sender.LogInAsync();
        EnqueueResponse again = await sender.SendAsync(bob, 1, "before the fire");
        Assert.Equal((true, sent.DeliveryProof), (again.Duplicate, again.DeliveryProof));
        Assert.Equal(2UL, (await sender.SendAsync(bob, 2)).Seq);
    }

    /// <summary>A client of a server with the identity of another client.</summary>
    private static TestClient Client(TestServer server, string name, TestClient same) =>
        new(server.Endpoint("wss"), ServerTrust.Key(server.Fingerprint), name, same.Identity);

    private async Task<(TestServer First, TestServer Second)> StartTwoAsync()
    {
        string database = await cluster.MakeDatabaseAsync();
        TestServer first = await StartAsync(database);
        return (first, await StartAsync(database, keysOf: first));
    }

    private static Task<TestServer> StartAsync(string database, TestServer? keysOf = null) =>
        TestServer.StartAsync(o => o with { Postgres = PostgresPrograms.Read(database) }, keysOf);

    private static Task<RpcStatus> CommitAsync(TestClient from, ulong epoch, params EnqueueRequest[] messages) =>
        from.StatusAsync(RpcMethod.BatchEnqueue, new BatchEnqueueRequest
        {
            Items = { messages },
            GroupId = ByteString.CopyFromUtf8("group"),
            Epoch = epoch,
        });
}
