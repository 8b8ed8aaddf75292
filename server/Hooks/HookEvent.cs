using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Hooks;

/// <summary>What a hook is told of.</summary>
internal enum HookEventKind
{
    /// <summary>An account was registered.</summary>
    Registered,

    /// <summary>An account was deleted by its owner.</summary>
    Deleted,

    /// <summary>A device of an account was revoked.</summary>
    DeviceRevoked,

    /// <summary>A message was stored: who, for whom, how large, never what.</summary>
    Message,
}

/// <summary>Something that happened. Which of its parts are there depends on its kind.</summary>
/// <param name="Kind">What.</param>
/// <param name="TimeMs">When, Unix milliseconds.</param>
internal sealed record HookEvent(HookEventKind Kind, long TimeMs)
{
    /// <summary>The account's name.</summary>
    public string? User { get; init; }

    /// <summary>The account; of a message, who sent it.</summary>
    public IdentityKey Identity { get; init; }

    /// <summary>Where the client is.</summary>
    public string? Address { get; init; }

    /// <summary>For whom the message is.</summary>
    public IdentityKey Recipient { get; init; }

    /// <summary>Its number in the inbox.</summary>
    public long Sequence { get; init; }

    /// <summary>Its size in bytes.</summary>
    public int Bytes { get; init; }
}

/// <summary>Who wants to register.</summary>
internal sealed record RegistrationQuestion(string User, IdentityKey Identity, string Address);

/// <summary>Whether a registration may go on, and why not.</summary>
internal readonly record struct HookVerdict(bool Allow, string Reason);

/// <summary>Whether the hook is asked before a registration, and what happens where it does not answer.</summary>
internal enum HookRegistration
{
    /// <summary>It is not asked, and told afterwards.</summary>
    Told,

    /// <summary>It is asked; without an answer the registration goes on.</summary>
    Allow,

    /// <summary>It is asked; without an answer the registration is refused.</summary>
    Refuse,
}
