namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// Methods by their numbers on the wire (docs/reference/client-server.md). A server answers others with "not found".
/// </summary>
public enum RpcMethod : ushort
{
    /// <summary>Gives a connection its session; ours.</summary>
    Authenticate = 1,

    /// <summary>Begins a registration.</summary>
    OpaqueRegisterStart = 100,

    /// <summary>Finishes a registration.</summary>
    OpaqueRegisterFinish = 101,

    /// <summary>Begins a login.</summary>
    OpaqueLoginStart = 102,

    /// <summary>Finishes a login.</summary>
    OpaqueLoginFinish = 103,

    /// <summary>Puts a message into an inbox.</summary>
    Enqueue = 200,

    /// <summary>Reads an inbox and keeps what was read for this device until it acknowledges it.</summary>
    Fetch = 201,

    /// <summary>As <see cref="Fetch"/>, and waits where there is nothing.</summary>
    FetchWait = 202,

    /// <summary>Reads an inbox.</summary>
    Peek = 203,

    /// <summary>Acknowledges messages for one device.</summary>
    Ack = 204,

    /// <summary>Puts several messages into inboxes, all or none.</summary>
    BatchEnqueue = 205,

    /// <summary>Leaves a KeyPackage for others.</summary>
    UploadKeyPackage = 300,

    /// <summary>Takes a KeyPackage of somebody.</summary>
    FetchKeyPackage = 301,

    /// <summary>Takes a KeyPackage of each device of somebody; ours.</summary>
    FetchKeyPackages = 305,

    /// <summary>Makes or finds the direct channel with somebody.</summary>
    CreateChannel = 400,

    /// <summary>Reports a message to the moderators.</summary>
    ReportMessage = 420,

    /// <summary>Bans an account.</summary>
    BanUser = 421,

    /// <summary>Ends a ban.</summary>
    UnbanUser = 422,

    /// <summary>Lists reports.</summary>
    ListReports = 423,

    /// <summary>Lists bans.</summary>
    ListBanned = 424,

    /// <summary>Lists the keys of moderators; ours.</summary>
    ListModerators = 425,

    /// <summary>From a name to a key.</summary>
    ResolveUser = 500,

    /// <summary>From a key to a name.</summary>
    ResolveIdentity = 501,

    /// <summary>Reads the log of keys.</summary>
    AuditKeyTransparency = 520,

    /// <summary>Stores a chunk of a blob.</summary>
    UploadBlob = 600,

    /// <summary>Reads a part of a blob.</summary>
    DownloadBlob = 601,

    /// <summary>Names a device of one's own.</summary>
    RegisterDevice = 700,

    /// <summary>Lists one's devices.</summary>
    ListDevices = 701,

    /// <summary>Ends a device: its sessions, and what waits for it.</summary>
    RevokeDevice = 702,

    /// <summary>Says by what this device is woken while it is not connected.</summary>
    RegisterPushToken = 710,

    /// <summary>Leaves a recovery bundle in place of the one before.</summary>
    StoreRecoveryBundle = 750,

    /// <summary>Reads a recovery bundle; needs no session.</summary>
    FetchRecoveryBundle = 751,

    /// <summary>Deletes one's recovery bundle.</summary>
    DeleteRecoveryBundle = 752,

    /// <summary>Tells how the server is; needs no session.</summary>
    Health = 802,

    /// <summary>Puts a message of a user of the caller's into an inbox; between servers.</summary>
    RelayEnqueue = 900,

    /// <summary>Puts several messages of such a user into inboxes, all or none.</summary>
    RelayBatchEnqueue = 901,

    /// <summary>Takes a KeyPackage for a user of the caller's.</summary>
    ProxyFetchKeyPackage = 902,

    /// <summary>From a name to a key or back, for a user of the caller's.</summary>
    ProxyResolveUser = 904,

    /// <summary>Tells another server how this one is, and which key signs its delivery proofs.</summary>
    FederationHealth = 905,

    /// <summary>Deletes one's account and everything that belongs to it.</summary>
    DeleteAccount = 950,
}
