namespace QuicProChat.Mesh.Server.Stores;

/// <summary>A registered user.</summary>
/// <param name="Username">The name.</param>
/// <param name="Identity">Its key.</param>
/// <param name="Record">What OPAQUE left at the registration.</param>
internal sealed record StoredAccount(string Username, IdentityKey Identity, byte[] Record);

/// <summary>How a registration ended.</summary>
internal enum RegisterResult
{
    /// <summary>The account is there.</summary>
    Registered,

    /// <summary>The name or the key has an account.</summary>
    Taken,

    /// <summary>The invitation is unknown or was used.</summary>
    NotInvited,

    /// <summary>The server has as many accounts as it may have.</summary>
    Full,
}

/// <summary>A session, found by its token.</summary>
internal sealed record StoredSession(string Username, IdentityKey Identity, DeviceId Device);

/// <summary>A device of an account.</summary>
internal sealed record StoredDevice(DeviceId Id, string Name, long RegisteredMs);

/// <summary>
/// Accounts, sessions, devices, invitations. Every method returns when what it did survives a power cut.
/// </summary>
internal interface IAccountStore
{
    /// <summary>Makes an account.</summary>
    /// <param name="account">The account.</param>
    /// <param name="inviteHash">SHA-256 of the invitation, which is used up with it; null if none is needed.</param>
    Task<RegisterResult> RegisterAsync(StoredAccount account, byte[]? inviteHash);

    /// <summary>Finds an account by its name; null if there is none.</summary>
    Task<StoredAccount?> FindAsync(string username);

    /// <summary>Finds an account by its key; null if there is none.</summary>
    Task<StoredAccount?> FindAsync(IdentityKey identity);

    /// <summary>Removes an account and all that belongs to it, in one transaction; false if there is none.</summary>
    Task<bool> DeleteAsync(IdentityKey identity);

    /// <summary>Adds a session; the oldest one goes where an account has too many.</summary>
    /// <param name="tokenHash">SHA-256 of the token: the token itself is never stored.</param>
    /// <param name="identity">Whose.</param>
    /// <param name="lifetimeMs">How long it lasts without being used.</param>
    Task AddSessionAsync(ReadOnlyMemory<byte> tokenHash, IdentityKey identity, long lifetimeMs);

    /// <summary>Finds a session that has not ended, binds it to a device and begins its lifetime anew.</summary>
    /// <returns>Null if there is none, if it is another device's, or if the device is not registered.</returns>
    Task<StoredSession?> UseSessionAsync(ReadOnlyMemory<byte> tokenHash, DeviceId device, long lifetimeMs);

    /// <summary>
    /// Adds a device or gives it another name; false where there are as many as there may be. With the first one end
    /// the KeyPackages that were left without a device.
    /// </summary>
    Task<bool> AddDeviceAsync(IdentityKey identity, DeviceId device, string name);

    /// <summary>The devices of an account, oldest first.</summary>
    Task<IReadOnlyList<StoredDevice>> ListDevicesAsync(IdentityKey identity);

    /// <summary>
    /// Removes a device with its sessions, its KeyPackages and its places in inboxes; false if there is none.
    /// </summary>
    Task<bool> RemoveDeviceAsync(IdentityKey identity, DeviceId device);

    /// <summary>
    /// Tells of accounts, each with one of its devices or none (zero), whether they are registered; with none, whether
    /// the account has no devices yet.
    /// </summary>
    /// <returns>One for each, in order.</returns>
    Task<IReadOnlyList<bool>> AreThereAsync(IReadOnlyList<(IdentityKey Identity, DeviceId Device)> asked);

    /// <summary>Adds an invitation that can be used once.</summary>
    Task AddInviteAsync(ReadOnlyMemory<byte> inviteHash);
}
