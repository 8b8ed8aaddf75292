namespace QuicProChat.Mesh.Server.Stores;

/// <summary>A report of a message.</summary>
/// <param name="Id">Its number; rises.</param>
/// <param name="Body">What moderators can read.</param>
/// <param name="Conversation">The conversation, as the reporter names it.</param>
/// <param name="Reporter">Who reported.</param>
/// <param name="TimeMs">When it came.</param>
internal sealed record StoredReport(long Id, byte[] Body, byte[] Conversation, IdentityKey Reporter, long TimeMs);

/// <summary>A ban.</summary>
/// <param name="Identity">Who is banned.</param>
/// <param name="Reason">Why.</param>
/// <param name="SinceMs">Since when.</param>
/// <param name="ExpiresMs">Until when; 0 for ever.</param>
internal sealed record StoredBan(IdentityKey Identity, string Reason, long SinceMs, long ExpiresMs);

/// <summary>Moderators, reports and bans.</summary>
internal interface IModerationStore
{
    /// <summary>Makes a user a moderator; false if nobody has the name.</summary>
    Task<bool> AddModeratorAsync(string username);

    /// <summary>Makes a user none; false if it was none.</summary>
    Task<bool> RemoveModeratorAsync(string username);

    /// <summary>The moderators, by name.</summary>
    Task<IReadOnlyList<(string Username, IdentityKey Identity)>> ListModeratorsAsync();

    /// <summary>Tells whether somebody is a moderator.</summary>
    Task<bool> IsModeratorAsync(IdentityKey identity);

    /// <summary>Keeps a report; false where there are as many, of all or of this reporter, as there may be.</summary>
    Task<bool> AddReportAsync(IdentityKey reporter, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> conversation);

    /// <summary>Reports, the newest first.</summary>
    Task<IReadOnlyList<StoredReport>> ListReportsAsync(int offset, int limit);

    /// <summary>Bans somebody, or changes the ban; false where there are as many bans as there may be.</summary>
    /// <param name="identity">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="durationMs">How long; 0 for ever.</param>
    Task<bool> BanAsync(IdentityKey identity, string reason, long durationMs);

    /// <summary>Ends a ban; false if there is none.</summary>
    Task<bool> UnbanAsync(IdentityKey identity);

    /// <summary>The ban of somebody that has not ended; null if there is none.</summary>
    Task<StoredBan?> FindBanAsync(IdentityKey identity);

    /// <summary>The bans that have not ended, the newest first.</summary>
    Task<IReadOnlyList<StoredBan>> ListBansAsync();

    /// <summary>Removes old reports, and bans that have ended.</summary>
    Task ExpireAsync();
}
