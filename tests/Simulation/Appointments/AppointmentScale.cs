namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>How large a run is, and what goes wrong in it.</summary>
public sealed record AppointmentScale
{
    /// <summary>File or generator.</summary>
    public required string Topology { get; init; }

    /// <summary>Practices, each behind a node of the graph.</summary>
    public int Practices { get; init; } = 400;

    /// <summary>Patients, each behind a node of the graph.</summary>
    public int Patients { get; init; } = 2000;

    /// <summary>Days; on the last two nobody asks for anything new, and nothing breaks any more.</summary>
    public int Days { get; init; } = 14;

    /// <summary>The best connected nodes of the graph, which lie.</summary>
    public int Liars { get; init; } = 3;

    /// <summary>Chance that a node of the graph goes off within an hour, for minutes or half a day.</summary>
    public double Churn { get; init; } = 0.02;

    /// <summary>Practices for whom nobody vouches.</summary>
    public int False { get; init; } = 5;

    /// <summary>The seed of everything that is left to chance.</summary>
    public int Seed { get; init; } = 1;
}
