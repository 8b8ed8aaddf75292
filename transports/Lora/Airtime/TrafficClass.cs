namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>What a frame is for: decides which part of the legal airtime it may draw on.</summary>
public enum TrafficClass : byte
{
    /// <summary>Beacons, announces, route requests and answers: bounded by their own share.</summary>
    Routing = 0,

    /// <summary>Messages and receipts of users.</summary>
    Message = 1,

    /// <summary>
    /// Acknowledgements between neighbours: without them the neighbour sends again, which costs more.
    /// </summary>
    Control = 2,

    /// <summary>Emergency messages: may use everything that the law allows.</summary>
    Emergency = 3,
}
