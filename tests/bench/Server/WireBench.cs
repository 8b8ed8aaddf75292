using System.Buffers.Binary;
using System.Diagnostics;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Bench.Server;

/// <summary>
/// Messages over WebSocket on TLS; client and server share this process and the machine's processors.
/// </summary>
internal static class WireBench
{
    internal static async Task<string> EnqueueAsync()
    {
        const int Messages = 60_000, Clients = 8, Callers = 60;
        await using BenchServer server = await BenchServer.StartAsync();
        List<(RpcClient Client, LocalIdentity Identity)> clients = [];
        for (int i = 0; i < Clients; i++)
            clients.Add(await server.JoinAsync($"user{i}"));
        ByteString payload = ByteString.CopyFrom(new byte[1024]);
        int next = 0;
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients * Callers).Select(caller => Task.Run(async () =>
        {
            (RpcClient client, _) = clients[caller % Clients];
            ByteString to = ByteString.CopyFrom(clients[(caller + 1) % Clients].Identity.PublicKey.Span);
            for (int i = Interlocked.Increment(ref next); i <= Messages; i = Interlocked.Increment(ref next))
                await client.CallAsync(RpcMethod.Enqueue, Message(to, i, payload), EnqueueResponse.Parser,
                    CancellationToken.None);
        })));
        watch.Stop();
        await EndAsync(clients);
        return $"wire: {Messages / watch.Elapsed.TotalSeconds:0} durable Enqueue of 1 KiB a second, each with its proof";
    }

    internal static async Task<string> WakeAsync()
    {
        const int Messages = 5000, PerSecond = 1000;
        await using BenchServer server = await BenchServer.StartAsync();
        List<(RpcClient Client, LocalIdentity Identity)> clients =
            [await server.JoinAsync("alice"), await server.JoinAsync("bob")];
        ByteString to = ByteString.CopyFrom(clients[1].Identity.PublicKey.Span),
            payload = ByteString.CopyFrom(new byte[1024]);
        long[] sent = new long[Messages], woken = new long[Messages];
        Task receiving = Task.Run(async () =>
        {
            for (int received = 0; received < Messages;)
            {
                FetchResponse content = await clients[1].Client.CallAsync(
                    RpcMethod.FetchWait, new FetchWaitRequest { RecipientKey = to, TimeoutMs = 30_000 },
                    FetchResponse.Parser, CancellationToken.None,
                    TimeSpan.FromMinutes(1));
                long now = Stopwatch.GetTimestamp();
                foreach (Envelope envelope in content.Payloads)
                {
                    woken[BinaryPrimitives.ReadInt32LittleEndian(envelope.MessageId.Span)] = now;
                    received++;
                }

                await clients[1].Client.CallAsync(
                    RpcMethod.Ack, new AckRequest { RecipientKey = to, SeqUpTo = content.Payloads[^1].Seq },
                    AckResponse.Parser, CancellationToken.None);
            }
        });
        Stopwatch watch = Stopwatch.StartNew();
        List<Task> calls = [];
        for (int i = 0; i < Messages; i++)
        {
            while (watch.Elapsed.TotalSeconds * PerSecond < i)
                await Task.Delay(1);
            sent[i] = Stopwatch.GetTimestamp();
            calls.Add(clients[0].Client.CallAsync(RpcMethod.Enqueue, Message(to, i, payload), EnqueueResponse.Parser,
                CancellationToken.None));
        }

        await Task.WhenAll(calls);
        await receiving;
        double[] took = [.. sent.Zip(woken, (s, w) => Stopwatch.GetElapsedTime(s, w).TotalMilliseconds).Order()];
        await EndAsync(clients);
        return $"wake: {took[Messages / 2]:0.0} ms p50, {took[Messages * 99 / 100]:0.0} ms p99 from the sender's call "
            + "to the receiver's answer";
    }

    private static EnqueueRequest Message(ByteString to, int number, ByteString payload)
    {
        byte[] id = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(id, number);
        return new EnqueueRequest { RecipientKey = to, Payload = payload, MessageId = ByteString.CopyFrom(id) };
    }

    private static async Task EndAsync(List<(RpcClient Client, LocalIdentity Identity)> clients)
    {
        foreach ((RpcClient client, LocalIdentity identity) in clients)
        {
            await client.DisposeAsync();
            identity.Dispose();
        }
    }
}
