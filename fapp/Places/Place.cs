namespace QuicProChat.Mesh.Fapp.Places;

/// <summary>
/// A point on the earth in hundredths of a degree (about one kilometre), as exact as a postal code is.
/// </summary>
/// <param name="North">Hundredths of a degree of latitude.</param>
/// <param name="East">Hundredths of a degree of longitude.</param>
public readonly record struct Place(int North, int East)
{
    private const double EarthRadiusKm = 6371.0;
    private const double RadiansPerHundredth = Math.PI / 18000;

    /// <summary>The distance to another place in kilometres, along the great circle (haversine formula).</summary>
    public double KilometresTo(Place other)
    {
        double latitude = North * RadiansPerHundredth, otherLatitude = other.North * RadiansPerHundredth;
        double north = Math.Sin((otherLatitude - latitude) / 2);
        double east = Math.Sin((other.East - East) * RadiansPerHundredth / 2);
        double haversine = north * north + Math.Cos(latitude) * Math.Cos(otherLatitude) * east * east;
        return 2 * EarthRadiusKm * Math.Asin(Math.Min(1, Math.Sqrt(haversine)));
    }
}
