namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>Times of the group protocol. All but the 72 hours are tuning, and none decides which branch wins.</summary>
public sealed record GroupTiming
{
    /// <summary>A turn: four round trips among the members. Until they are measured, of half a second each.</summary>
    public TimeSpan Turn { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The most turns that anybody waits.</summary>
    public int MaxTurns { get; init; } = 8;

    /// <summary>How long a Welcome waits for somebody else to follow its commit, if nobody is heard.</summary>
    public TimeSpan WelcomePatience { get; init; } = TimeSpan.FromSeconds(16);

    /// <summary>How long a node that cannot follow others tries to, before it asks who is more.</summary>
    public TimeSpan BridgePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a rejoin is asked for.</summary>
    public TimeSpan RejoinAgain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the same member is told the same.</summary>
    public TimeSpan TellAgain { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often an idle node tells one member where it stands.</summary>
    public TimeSpan IdleTip { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a state that was left takes commits at most, in running time.</summary>
    public TimeSpan ForkLifetime { get; init; } = TimeSpan.FromHours(72);

    /// <summary>How long what a member wrote is still shown after it was put out: it may not have known.</summary>
    public TimeSpan FormerMemberPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a leaf that is used stays without renewal.</summary>
    public TimeSpan HealAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>After how many own messages a leaf is renewed.</summary>
    public int HealAfterMessages { get; init; } = 100;

    /// <summary>
    /// The same where a member is behind a radio: each commit crosses it. A text of a leaf beyond number 1,023 of a
    /// state has no compact form.
    /// </summary>
    public TimeSpan CostlyHealAfter { get; init; } = TimeSpan.FromDays(7);

    /// <summary>After how many own messages a leaf is renewed there.</summary>
    public int CostlyHealAfterMessages { get; init; } = 1000;

    /// <summary>How long a text that somebody has not received is kept to be sealed again.</summary>
    public TimeSpan TextLifetime { get; init; } = TimeSpan.FromDays(7);
}
