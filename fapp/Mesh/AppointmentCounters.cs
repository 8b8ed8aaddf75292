namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>What happened to appointments since the start.</summary>
public sealed class AppointmentCounters
{
    /// <summary>Requests of others passed on.</summary>
    public long Forwarded { get; internal set; }

    /// <summary>Dummies of others dropped.</summary>
    public long DummiesDropped { get; internal set; }

    /// <summary>Dummies sent.</summary>
    public long DummiesSent { get; internal set; }

    /// <summary>Requests of others that there was no room for.</summary>
    public long NoRoom { get; internal set; }

    /// <summary>Queries of others answered.</summary>
    public long QueriesAnswered { get; internal set; }

    /// <summary>Answers to this node's queries.</summary>
    public long AnswersTaken { get; internal set; }

    /// <summary>Envelopes that did not open, or are not for this node.</summary>
    public long Rejected { get; internal set; }

    /// <summary>Requests for this node's practices.</summary>
    public long Requests { get; internal set; }

    /// <summary>Records of followed regions that were taken.</summary>
    public long RecordsTaken { get; internal set; }

    /// <summary>Records of followed regions that break a bound.</summary>
    public long RecordsRefused { get; internal set; }

    /// <summary>Faults of this program that cost a piece of work.</summary>
    public long Failed { get; internal set; }
}
