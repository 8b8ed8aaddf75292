namespace QuicProChat.Mesh.Rpc;

/// <summary>The first byte of an answer. The numbers are ours.</summary>
public enum RpcStatus : byte
{
    /// <summary>Done; the payload is the method's answer.</summary>
    Ok = 0,

    /// <summary>The request cannot be read, or a field of it is wrong.</summary>
    BadRequest = 1,

    /// <summary>There is no session, or the password or token is wrong.</summary>
    Unauthenticated = 2,

    /// <summary>Not for this account.</summary>
    Forbidden = 3,

    /// <summary>There is no such thing, or no such method.</summary>
    NotFound = 4,

    /// <summary>Something else is there under this name.</summary>
    Conflict = 5,

    /// <summary>The request is larger than allowed.</summary>
    TooLarge = 6,

    /// <summary>Too often; the failure says when to try again.</summary>
    RateLimited = 7,

    /// <summary>Not now: the server stops, or has no room.</summary>
    Unavailable = 8,

    /// <summary>Another commit of this epoch came first.</summary>
    StaleEpoch = 9,

    /// <summary>A fault of the server's; it has been logged there.</summary>
    Internal = 10,
}
