using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>What a client is made of.</summary>
public sealed class MlsClientOptions
{
    /// <summary>Who is who; the application's part of authentication.</summary>
    public required CredentialValidator Validator { get; init; }

    /// <summary>Who may propose and commit what; null for whatever RFC 9420 allows.</summary>
    public GroupRules? Rules { get; init; }

    /// <summary>Where groups and key packages are kept.</summary>
    public IGroupStore Store { get; init; } = new MemoryGroupStore();

    /// <summary>External pre-shared keys, if the application has any.</summary>
    public IPskSource? Psks { get; init; }

    /// <summary>Limits and choices.</summary>
    public GroupPolicy Policy { get; init; } = new();

    /// <summary>The calendar, for the lifetimes that KeyPackages and leaves carry.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// What old keys are deleted by: the age of past epochs, of unused KeyPackages, of joins that nobody accepted.
    /// Null:
    /// <see cref="Time"/>. Where the calendar may be wrong, time that only runs, restarts taken together: then no clock
    /// that jumps deletes keys that are still needed. From where it counts is all the same.
    /// </summary>
    public TimeProvider? Ageing { get; init; }

    /// <summary>The source of keys and nonces.</summary>
    public RandomFill Random { get; init; } = RandomSource.System;

    /// <summary>
    /// Extension and credential types that the application supports beyond the defaults, and the proposal types of
    /// <see cref="Messages.ProposalType"/> beyond them. The cipher suites are those of the client's identities, and
    /// need no mention. Default types are not listed on the wire (section 7.2 forbids it), nor what this library cannot
    /// read: a member that advertised it would fall out of the group when it is used (section 13.4).
    /// </summary>
    public Capabilities Supported { get; init; } = new();
}
