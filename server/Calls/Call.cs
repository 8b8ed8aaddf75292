using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>One call while it is done and its answer is sent; holds its share of memory until it is disposed.</summary>
internal sealed class Call(ClientSession client, ByteBudget budget, CancellationToken gone) : IDisposable
{
    // What a call costs beside its bytes: tasks and buffers.
    private const int Overhead = 512;

    private long _charged;

    /// <summary>Who calls.</summary>
    internal ClientSession Client { get; } = client;

    /// <summary>Ends when the client is gone.</summary>
    internal CancellationToken Gone { get; } = gone;

    /// <summary>The account that calls.</summary>
    /// <exception cref="CallException">There is no session.</exception>
    internal StoredSession Account => Client.Account
        ?? throw new CallException(
            RpcStatus.Unauthenticated, "This needs a session: log in, and call method 1 with its token.");

    /// <summary>Refuses a session that names no device where the account has some.</summary>
    internal void RequireDevice()
    {
        if (Client.LacksDevice)
            throw new CallException(
                RpcStatus.Unauthenticated, "The account has devices: log in again, so that the session names one.");
    }

    /// <summary>Whether somebody who holds a key has signed this call for this server and this connection.</summary>
    internal bool IsProven(
        ByteString proof, ReadOnlySpan<byte> key, RpcMethod method, ReadOnlySpan<byte> what, ServerKeys keys) =>
        Client.Nonce is { } nonce
            && new CallProof(keys.Identity.PublicKey, nonce).Verify(proof.Span, key, method, what);

    /// <summary>Takes memory for a request.</summary>
    internal bool TryCharge(long bytes)
    {
        if (!budget.TryTake(Client.Source, bytes + Overhead))
            return false;
        _charged += bytes + Overhead;
        return true;
    }

    /// <summary>Takes memory for an answer.</summary>
    /// <exception cref="CallException">There is none.</exception>
    internal void Charge(long bytes)
    {
        if (!TryCharge(bytes))
            throw new CallException(RpcStatus.Unavailable, "The server has no memory left for this; try again later.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_charged > 0)
            budget.Return(Client.Source, _charged);
        _charged = 0;
    }
}
