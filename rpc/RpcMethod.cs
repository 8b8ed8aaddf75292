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

    /// <summary>Makes or finds the direct channel with somebody.</summary>
    CreateChannel = 400,

    /// <summary>From a name to a key.</summary>
    ResolveUser = 500,

    /// <summary>From a key to a name.</summary>
    ResolveIdentity = 501,

    /// <summary>Names a device of one's own.</summary>
    RegisterDevice = 700,

    /// <summary>Lists one's devices.</summary>
    ListDevices = 701,

    /// <summary>Ends a device: its sessions, and what waits for it.</summary>
    RevokeDevice = 702,

    /// <summary>Says by what this device is woken while it is not connected.</summary>
    RegisterPushToken = 710,

    /// <summary>Tells how the server is; needs no session.</summary>
    Health = 802,

    /// <summary>Deletes one's account and everything that belongs to it.</summary>
    DeleteAccount = 950,
}
