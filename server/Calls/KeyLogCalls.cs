using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Transparency;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Keys of names, with proofs from the log of keys: methods 500 and 520.</summary>
internal sealed class KeyLogCalls(
    IKeyLog log, RemoteServers remote, ServerKeys keys, RateLimits rates, TimeProvider time)
{
    // Arbitrary: an answer has some 60 kB.
    private const int MaxEntries = 1024;
    private const int MaxKnownSizes = 4;

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.For(RpcMethod.ResolveUser, ResolveUserRequest.Parser, ResolveAsync),
        CallHandler.For(RpcMethod.AuditKeyTransparency, AuditKeyTransparencyRequest.Parser, AuditAsync),
    ];

    private async Task<IMessage> ResolveAsync(Call call, ResolveUserRequest request)
    {
        rates.TakeLookup(call.Account.Identity);
        if (remote.IsElsewhere(request.Domain))
        {
            ProxyResolveUserResponse answer = await remote.FindAsync(
                call, request.Domain, new ProxyResolveUserRequest { Username = request.Username });
            return new ResolveUserResponse { IdentityKey = answer.IdentityKey };
        }

        LoggedKey found = await log.FindAsync(request.Username) ?? throw Refusal.NotFound("Nobody here has this name.");
        ulong size = await log.CountAsync();
        (byte[] root, byte[] proof, ByteString consistency) = await WithNodesAsync(nodes => (
            MerkleTree.Root(size, nodes),
            KeyProof.Write(found.Position, found.Counter, MerkleTree.Inclusion(found.Position, size, nodes)),
            Consistency(request.KnownSize, size, nodes)));
        return new ResolveUserResponse
        {
            IdentityKey = ByteString.CopyFrom(found.Identity.ToArray()),
            InclusionProof = ByteString.CopyFrom(proof),
            Head = Head(size, root),
            ConsistencyProof = consistency,
        };
    }

    private async Task<IMessage> AuditAsync(Call call, AuditKeyTransparencyRequest request)
    {
        rates.TakeLookup(call.Account.Identity);
        if (request.KnownSizes.Count > MaxKnownSizes)
            throw Refusal.BadRequest($"known_sizes has at most {MaxKnownSizes} numbers.");
        ulong size = await log.CountAsync();
        ulong left = size > request.From ? size - request.From : 0;
        int limit = (int)Math.Min(left, Math.Min(request.Limit, MaxEntries));
        IReadOnlyList<KeyLeaf> entries = limit == 0 ? [] : await log.ReadAsync(request.From, limit);
        (byte[] root, ByteString[] proofs) = await WithNodesAsync(nodes => (
            MerkleTree.Root(size, nodes),
            request.KnownSizes.Select(known => Consistency(known, size, nodes)).ToArray()));
        return new AuditKeyTransparencyResponse
        {
            Head = Head(size, root),
            Entries = ByteString.CopyFrom([.. entries.SelectMany(static e => e.ToBytes())]),
            ConsistencyProofs = { proofs },
        };
    }

    private ByteString Head(ulong size, byte[] root) => ByteString.CopyFrom(TreeHead.Sign(
        keys.Identity, size, root, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()).Bytes.Span);

    // Nothing for a size that the log has not: the client says what that means.
    private static ByteString Consistency(ulong known, ulong size, Func<TreePlace, byte[]> nodes) =>
        known > size ? ByteString.Empty
            : ByteString.CopyFrom(MerkleTree.Join(MerkleTree.Consistency(known, size, nodes)));

    // Twice: to learn which hashes it takes, and with them.
    private async Task<T> WithNodesAsync<T>(Func<Func<TreePlace, byte[]>, T> compute)
    {
        IReadOnlyList<TreePlace> needed = MerkleTree.Needed(nodes => _ = compute(nodes));
        IReadOnlyList<byte[]> hashes = await log.ReadNodesAsync(needed);
        Dictionary<TreePlace, byte[]> there = needed.Zip(hashes).ToDictionary(p => p.First, p => p.Second);
        return compute(place => there[place]);
    }
}
