using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>An envelope for this node. Its kind opens and stores it, and only then it is answered.</summary>
public class Arrival
{
    /// <summary>Takes an envelope from the router.</summary>
    /// <param name="token">Names it to the router.</param>
    /// <param name="id">Its id.</param>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload: memory that nobody changes any more.</param>
    public Arrival(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlyMemory<byte> payload)
    {
        Token = token;
        Id = id;
        Header = header;
        Payload = payload;
    }

    /// <summary>Names it to the router.</summary>
    public long Token { get; }

    /// <summary>Its id.</summary>
    public EnvelopeId Id { get; }

    /// <summary>Its header.</summary>
    public EnvelopeHeader Header { get; }

    /// <summary>Its payload.</summary>
    public ReadOnlyMemory<byte> Payload { get; protected set; }

    /// <summary>Hops that it took, where its sender used the standard limit.</summary>
    public int Hops => Math.Max(1, Limits.MaxHops - Header.HopsLeft);

    /// <summary>Cryptography that needs no state of a conversation; on whichever thread has time.</summary>
    /// <param name="at">The calendar's time.</param>
    public virtual void Open(DateTimeOffset at)
    {
    }
}
