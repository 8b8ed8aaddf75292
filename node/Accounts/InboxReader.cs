using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>
/// Reads one inbox: what is there is taken in a transaction, and acknowledged only when that is on disk. So a reply
/// that is lost,
/// and a node that is killed, cost nothing: the same messages come again.
/// </summary>
/// <param name="calls">The account's calls.</param>
/// <param name="conversations">Where messages go.</param>
/// <param name="server">The server.</param>
/// <param name="key">The account's key.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it says what is wrong.</param>
internal sealed class InboxReader(
    ServerCalls calls, ServerConversations conversations, string server, ByteString key, TimeProvider time, ILogger log)
{
    /// <summary>Messages that are read at once: they are one transaction. Arbitrary.</summary>
    private const int Limit = 64;

    /// <summary>A server that answers an empty inbox at once is not asked more often than this.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    /// <summary>Messages of one inbox cost a pause each: at most a thousand in a second. Arbitrary.</summary>
    private static readonly TimeSpan MessagePause = TimeSpan.FromMilliseconds(1);

    /// <summary>What cannot be taken now is read again after this. Arbitrary.</summary>
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(50);

    /// <summary>Reads until it is stopped, or the server says that the inbox is not this account's.</summary>
    internal async Task RunAsync(ReadOnlyMemory<byte> channel, CancellationToken stop)
    {
        var request = new FetchWaitRequest
        {
            RecipientKey = key,
            ChannelId = ByteString.CopyFrom(channel.Span),
            TimeoutMs = (ulong)Wait.TotalMilliseconds,
            Limit = Limit,
        };
        while (!stop.IsCancellationRequested)
        {
            long asked = time.GetTimestamp();
            ServerCalls.Result<FetchResponse> read = await calls.AskAsync(
                RpcMethod.FetchWait, request, FetchResponse.Parser, IsWhole, stop, 2 * Wait).ConfigureAwait(false);
            if (read.Status == ServerStatus.Gone)
                return;
            if (read.Value is not { } content)
            {
                log.InboxRefused(server, read.Status);
                return;
            }

            TimeSpan pause = content.Payloads.Count * MessagePause;
            if (!await TakeAsync(channel, content, stop).ConfigureAwait(false))
                pause = AgainPause;
            else if (content.Payloads.Count == 0)
                pause = LeastWait - time.GetElapsedTime(asked);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool IsWhole(FetchResponse content)
    {
        ulong last = 0;
        foreach (Envelope envelope in content.Payloads)
        {
            if (envelope.Seq <= last)
                return false;
            last = envelope.Seq;
        }

        return content.Payloads.Count <= Limit;
    }

    private async Task<bool> TakeAsync(ReadOnlyMemory<byte> channel, FetchResponse content, CancellationToken stop)
    {
        var batch = new ServerBatch(
            [.. content.Payloads.Select(p => new ServerEnvelope(p.Seq, p.Data.Memory))], content.OldestSeq);
        if (!await conversations.ReceiveAsync(server, channel, batch).ConfigureAwait(false))
            return false;
        if (batch.Envelopes.Count == 0)
            return true;
        var read = new AckRequest
        {
            RecipientKey = key,
            ChannelId = ByteString.CopyFrom(channel.Span),
            SeqUpTo = batch.Envelopes[^1].Sequence,
        };
        // Where it is lost, the same messages come again, and change nothing.
        _ = await calls.AskAsync(RpcMethod.Ack, read, AckResponse.Parser, static _ => true, stop).ConfigureAwait(false);
        return true;
    }
}
