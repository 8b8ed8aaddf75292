namespace QuicProChat.Mesh.Server.Stores;

/// <summary>A KeyPackage that a device leaves for others.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Device">Which device's; zero for the one of an account without registered devices.</param>
/// <param name="Package">The package.</param>
/// <param name="LastResort">It is given, again and again, when no other of the device is left.</param>
internal readonly record struct DeviceKeyPackage(
    IdentityKey Owner, DeviceId Device, ReadOnlyMemory<byte> Package, bool LastResort);

/// <summary>What became of a KeyPackage that was left.</summary>
internal enum KeyPackageResult
{
    /// <summary>It is there.</summary>
    Added,

    /// <summary>There are as many of the device as there may be.</summary>
    Full,

    /// <summary>The device is not there, or there are registered ones and none was named.</summary>
    NoDevice,
}

/// <summary>
/// KeyPackages that users leave for others: each is given once, but for the last one of each device. Those of a device
/// end with it.
/// </summary>
internal interface IKeyPackageStore
{
    /// <summary>
    /// Adds a package. The same package again changes nothing; one of last resort replaces the device's other one.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="fingerprint">SHA-256 of it.</param>
    /// <returns>What became of it, and how many there are of the device besides the last resort.</returns>
    Task<(KeyPackageResult Result, int Available)> AddAsync(DeviceKeyPackage package, ReadOnlyMemory<byte> fingerprint);

    /// <summary>Takes a package of any device, the oldest first; null if there is none.</summary>
    Task<(byte[] Package, bool LastResort)?> TakeAsync(IdentityKey owner);

    /// <summary>Takes a package of each device that has one, the oldest first.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="isMeant">Of these devices only; null: of all.</param>
    Task<IReadOnlyList<DeviceKeyPackage>> TakeOfEachAsync(IdentityKey owner, Func<DeviceId, bool>? isMeant = null);
}

/// <summary>Direct channels: exactly two members each, and one for each pair.</summary>
internal interface IChannelStore
{
    /// <summary>Finds the channel of two, or makes it.</summary>
    /// <param name="proposed">The id of a new one.</param>
    /// <param name="first">One member.</param>
    /// <param name="second">The other; it has an account.</param>
    /// <returns>The channel and whether it is new; null if the second has no account, or the first has too many
    /// channels.</returns>
    Task<(ChannelId Channel, bool IsNew)?> OpenAsync(ChannelId proposed, IdentityKey first, IdentityKey second);

    /// <summary>Tells whether somebody is a member.</summary>
    Task<bool> IsMemberAsync(ChannelId channel, IdentityKey member);
}

/// <summary>Everything that a server keeps.</summary>
internal interface IServerStore : IAsyncDisposable
{
    /// <summary>Inboxes.</summary>
    IInboxStore Inboxes { get; }

    /// <summary>Accounts, sessions, devices.</summary>
    IAccountStore Accounts { get; }

    /// <summary>KeyPackages.</summary>
    IKeyPackageStore KeyPackages { get; }

    /// <summary>Direct channels.</summary>
    IChannelStore Channels { get; }

    /// <summary>The log of keys.</summary>
    IKeyLog KeyLog { get; }

    /// <summary>Moderators, reports and bans.</summary>
    IModerationStore Moderation { get; }

    /// <summary>Blobs.</summary>
    IBlobStore Blobs { get; }

    /// <summary>Recovery bundles.</summary>
    IRecoveryStore Recovery { get; }

    /// <summary>By what devices are woken.</summary>
    IPushTokenStore PushTokens { get; }

    /// <summary>What other processes do over the same store; null where there can be none.</summary>
    IOtherProcesses? Others { get; }
}

/// <summary>
/// What is told of other processes over the same store. It may be told late, twice or not at all: who waits polls too.
/// Each is called on any thread and must not wait.
/// </summary>
internal interface IOtherProcesses
{
    /// <summary>Messages reached an inbox and the disk.</summary>
    Action<InboxHash> Arrived { get; set; }

    /// <summary>The sessions of a device were ended; those of the whole account where the device is zero.</summary>
    Action<IdentityKey, DeviceId> SessionsEnded { get; set; }

    /// <summary>The store was lost, for the reason that is told.</summary>
    Action<string> Lost { get; set; }

    /// <summary>The store is there again; whatever is told here may have been missed.</summary>
    Action Missed { get; set; }
}

/// <summary>Bounds of a store; each is arbitrary, and a setting of tests.</summary>
internal sealed record StoreLimits
{
    /// <summary>Accounts of a server.</summary>
    public long MaxAccounts { get; init; } = 100_000;

    /// <summary>Messages in one inbox.</summary>
    public int MaxInboxMessages { get; init; } = 20_000;

    /// <summary>Bytes of payloads in one inbox.</summary>
    public long MaxInboxBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>An inbox outside of channels takes this part of its bounds from one sender.</summary>
    public int SenderShare { get; init; } = 8;

    /// <summary>Devices of an account, by the design at most five.</summary>
    public int MaxDevices { get; init; } = 5;

    /// <summary>Sessions of an account.</summary>
    public int MaxSessions { get; init; } = 20;

    /// <summary>KeyPackages of a device besides its last resort.</summary>
    public int MaxKeyPackages { get; init; } = 100;

    /// <summary>Direct channels of an account that it made.</summary>
    public int MaxChannels { get; init; } = 5000;

    /// <summary>Groups whose first commit was one user's.</summary>
    public int MaxGroups { get; init; } = 10_000;

    /// <summary>The same of all users of one other server, who cost it nothing.</summary>
    public long MaxGroupsOfServer { get; init; } = 1_000_000;

    /// <summary>How long a group is remembered in which nobody commits, once no member has an account here.</summary>
    public TimeSpan GroupLifetime { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Reports in all, and of one reporter.</summary>
    public int MaxReports { get; init; } = 10_000;

    /// <inheritdoc cref="MaxReports"/>
    public int MaxReportsOfOne { get; init; } = 100;

    /// <summary>How long a report is kept.</summary>
    public TimeSpan ReportLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Bans.</summary>
    public int MaxBans { get; init; } = 10_000;

    /// <summary>Moderators: a report is sealed to each.</summary>
    public int MaxModerators { get; init; } = 16;

    /// <summary>Blobs: how many of them, and how large.</summary>
    public BlobLimits Blobs { get; init; } = new();

    /// <summary>
    /// How long the id of a message is remembered, so that it is stored once: 60 days, twice the longest lifetime.
    /// </summary>
    public TimeSpan IdLifetime { get; init; } = TimeSpan.FromDays(60);
}
