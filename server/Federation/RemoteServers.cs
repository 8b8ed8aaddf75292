using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// Calls of this server's users to other servers. Nothing is kept here: a call is done when the other server has
/// answered, and whoever gets no answer calls again.
/// <code>
///  client --Enqueue{domain b}--> a --RelayEnqueue{origin a, destination b}--> b: on disk
///         &lt;--proof of b---------   &lt;--proof of b--------------------------
/// </code>
/// </summary>
/// <param name="options">Whom it speaks with.</param>
/// <param name="own">What it shows to them; null where it speaks with none.</param>
/// <param name="dial">Connects to the server of a domain.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it says who does not answer.</param>
internal sealed class RemoteServers(
    FederationOptions options, FederationCertificate? own, Func<string, CancellationToken, Task<IRpcConnection>> dial,
    TimeProvider time, ILogger logger) : IAsyncDisposable
{
    // What a signed call puts around its body, at most.
    private const int MaxWrapping = 2048;

    // The body, the request around it, and the frame around that.
    private const int Copies = 3;

    // Arbitrary bounds: servers that are connected at once, calls that wait for them in all, and of one account, which
    // is half of what a connection of a client may have under way.
    private const int MaxLinks = 256;
    private const int MaxCalls = 1024;
    private const int MaxCallsOfOne = 32;

    // Arbitrary: what another server says is shown to users.
    private const int MaxWords = 200;

    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    private readonly Lock _guard = new();
    private readonly Dictionary<string, PeerLink> _links = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IdentityKey, int> _ofOne = new();
    private int _calls;

    /// <summary>What this server is called among servers.</summary>
    internal string Domain => options.Domain;

    /// <summary>Tells whether a request is for another server; its domain is no empty one then.</summary>
    internal bool IsElsewhere(string domain) => domain.Length > 0 && domain != options.Domain;

    /// <summary>Calls the server of a domain for the account of a client's call.</summary>
    /// <exception cref="CallException">The other server refused, or does not answer.</exception>
    internal async Task<T> CallAsync<T>(
        Call call, string domain, RpcMethod method, IMessage body, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        if (!ServerDomain.IsValid(domain))
            throw Refusal.BadRequest("domain is no name of a server.");
        if (own is null || (!options.Peers.ContainsKey(domain)
            && (options.Mode != FederationMode.Open || !domain.Contains('.', StringComparison.Ordinal))))
        {
            string sentence = $"This server does not speak with {domain}.";
            // What is on its way waits for the operator, who may have forgotten a setting.
            throw method is RpcMethod.RelayEnqueue or RpcMethod.RelayBatchEnqueue
                ? new CallException(RpcStatus.Unavailable, sentence) { RetryAfter = MaxPause }
                : Refusal.NotFound(sentence);
        }

        int size = body.CalculateSize();
        if (size > FrameCodec.MaxPayload - MaxWrapping)
            throw new CallException(RpcStatus.TooLarge, "This is too large to go to another server.");
        call.Charge(Copies * (size + MaxWrapping));
        IdentityKey account = call.Account.Identity;
        Enter(account);
        try
        {
            PeerLink link = await LinkAsync(domain);
            FederationRequest request =
                SignedCall.Sign(method, options.Domain, domain, body, time.GetUtcNow(), own.Certificate);
            RpcReply reply = await link.CallAsync(method, request.ToByteArray(), call.Gone);
            if (reply.Status != RpcStatus.Ok)
                throw Refused(domain, reply);
            return Messages.TryParse(parser, reply.Payload, out T? answer) ? answer
                : throw new CallException(RpcStatus.Unavailable, $"{domain} gives no answer that can be read.")
                { RetryAfter = MaxPause };
        }
        finally
        {
            Leave(account);
        }
    }

    /// <summary>The name or the key of somebody on another server, as that server says.</summary>
    /// <exception cref="CallException">As <see cref="CallAsync"/>.</exception>
    internal Task<ProxyResolveUserResponse> FindAsync(Call call, string domain, ProxyResolveUserRequest request) =>
        CallAsync(call, domain, RpcMethod.ProxyResolveUser, request, ProxyResolveUserResponse.Parser);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        PeerLink[] links;
        lock (_guard)
            links = [.. _links.Values];
        foreach (PeerLink link in links)
            await link.DisposeAsync();
    }

    // What passes is tried again; what does not is told as it is.
    private static CallException Refused(string domain, RpcReply reply)
    {
        if (!Messages.TryParse(Failure.Parser, reply.Payload, out Failure? failure))
            failure = new Failure();
        string words = $"{domain}: {failure.Message[..Math.Min(failure.Message.Length, MaxWords)]}";
        TimeSpan pause = TimeSpan.FromMilliseconds(Math.Min(failure.RetryAfterMs, MaxPause.TotalMilliseconds));
        return reply.Status switch
        {
            RpcStatus.BadRequest or RpcStatus.Forbidden or RpcStatus.NotFound or RpcStatus.Conflict
                or RpcStatus.TooLarge => new CallException(reply.Status, words),
            RpcStatus.StaleEpoch => new CallException(reply.Status, words) { Epoch = failure.Epoch },
            RpcStatus.RateLimited => new CallException(reply.Status, words) { RetryAfter = pause },
            _ => new CallException(RpcStatus.Unavailable, words) { RetryAfter = pause },
        };
    }

    private void Enter(IdentityKey account)
    {
        int all = Interlocked.Increment(ref _calls), ofOne = _ofOne.AddOrUpdate(account, 1, static (_, n) => n + 1);
        if (all <= MaxCalls && ofOne <= MaxCallsOfOne)
            return;
        Leave(account);
        throw new CallException(RpcStatus.Unavailable, "Too many calls wait for other servers.")
        {
            RetryAfter = BusyPause,
        };
    }

    private void Leave(IdentityKey account)
    {
        Interlocked.Decrement(ref _calls);
        while (_ofOne.TryGetValue(account, out int calls))
        {
            if (calls > 1 ? _ofOne.TryUpdate(account, calls - 1, calls)
                : _ofOne.TryRemove(KeyValuePair.Create(account, calls)))
                return;
        }
    }

    private async Task<PeerLink> LinkAsync(string domain)
    {
        PeerLink? link, left = null;
        lock (_guard)
        {
            if (_links.TryGetValue(domain, out link))
                return link;
            if (_links.Count >= MaxLinks)
            {
                string? idle = _links.FirstOrDefault(l => l.Value.IsIdle && !options.Peers.ContainsKey(l.Key)).Key;
                if (idle is null || !_links.Remove(idle, out left))
                    throw new CallException(RpcStatus.Unavailable, "Too many servers are being called.")
                    {
                        RetryAfter = BusyPause,
                    };
            }

            _links[domain] = link = new PeerLink(
                domain, dial, options, time, (where, why) => Log.PeerLost(logger, where, why));
        }

        if (left is not null)
            await left.DisposeAsync();
        return link;
    }
}
