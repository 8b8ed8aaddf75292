namespace QuicProChat.Mesh.Api;

/// <summary>What <c>location</c> takes.</summary>
public sealed record LocationRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }

    /// <summary>Degrees north, such as 51.3397.</summary>
    public string? Latitude { get; set; }

    /// <summary>Degrees east, such as 12.3731.</summary>
    public string? Longitude { get; set; }

    /// <summary>Metres that it may be off.</summary>
    public int? Accuracy { get; set; }

    /// <summary>What to call the place.</summary>
    public string? Label { get; set; }
}

/// <content><c>location</c>.</content>
public static partial class Commands
{
    /// <summary><c>location</c>: sends a place on earth.</summary>
    public static CommandSpec<LocationRequest, SendInfo> Location { get; } = new(
        "location", CommandGroup.Messages, "Sends a place on earth.", json => json.SendInfo,
        new ArgumentList<LocationRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v)
            .Operand("latitude", "Degrees north; south of the equator behind --.", r => r.Latitude,
                (r, v) => r.Latitude = v)
            .Operand("longitude", "Degrees east.", r => r.Longitude, (r, v) => r.Longitude = v)
            .Number("accuracy", "N", "Metres that it may be off.", r => r.Accuracy, (r, v) => r.Accuracy = v)
            .Option("label", "NAME", "What to call the place.", r => r.Label, (r, v) => r.Label = v))
    {
        IsBrief = true,
        Console = [new("/location", "PEER NORTH EAST [LABEL]",
            "send a place on earth, in degrees") { Parse = ParseLocation }],
        Rendering = ShowSent,
    };

    private static LocationRequest? ParseLocation(ConsoleLine line)
    {
        (string to, string rest) = ConsoleLine.Split(line.Rest);
        (string latitude, rest) = ConsoleLine.Split(rest);
        (string longitude, string label) = ConsoleLine.Split(rest);
        return longitude.Length == 0 ? null : new LocationRequest
        {
            To = to,
            Latitude = latitude,
            Longitude = longitude,
            Label = label.Length > 0 ? label : null,
        };
    }
}
