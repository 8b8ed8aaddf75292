using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Hooks;

/// <summary>What happens to accounts, for the hook; where there is none, nothing is done.</summary>
internal sealed class AccountHook(Hook? hook, HookRegistration registration, TimeProvider time)
{
    // When a client that was refused for want of an answer is to try again. Arbitrary.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Asks whether somebody may register, where the operator wants that.</summary>
    /// <exception cref="CallException">He may not, or the hook does not answer and is needed.</exception>
    internal async Task CheckAsync(string user, IdentityKey identity, string address)
    {
        if (hook is null || registration == HookRegistration.Told)
            return;
        HookVerdict? verdict = await hook.AskAsync(new RegistrationQuestion(user, identity, address));
        if (verdict is { Allow: false, Reason: var reason })
            throw Refusal(reason);
        if (verdict is null && registration == HookRegistration.Refuse)
            throw new CallException(RpcStatus.Unavailable, "This server cannot decide on registrations now.")
            {
                RetryAfter = RetryAfter,
            };
    }

    internal void Registered(string user, IdentityKey identity, string address) =>
        Tell(HookEventKind.Registered, user, identity, address);

    internal void Deleted(StoredSession account, string address) =>
        Tell(HookEventKind.Deleted, account.Username, account.Identity, address);

    internal void DeviceRevoked(StoredSession account, string address) =>
        Tell(HookEventKind.DeviceRevoked, account.Username, account.Identity, address);

    private static CallException Refusal(string reason) => new(
        RpcStatus.Forbidden,
        reason.Length > 0 ? $"This server does not register you: {reason}" : "This server does not register you.");

    private void Tell(HookEventKind kind, string user, IdentityKey identity, string address) =>
        hook?.Tell(new HookEvent(kind, time.GetUtcNow().ToUnixTimeMilliseconds())
        {
            User = user,
            Identity = identity,
            Address = address,
        });
}
