package expr

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// NewTimeZoneMap returns the value map between IANA zones and the Rails names
// that an account offers; without names, all of them. A name that is none of
// Rails' stands for itself if it is an IANA zone (it has a slash), else it is
// left out. Several names may stand for one zone; the one that is the zone's
// last segment comes first. Writing resolves links of the IANA data, so that
// Asia/Calcutta is Asia/Kolkata; reading gives the zones of the Rails table.
func NewTimeZoneMap(names ...string) *ValueMap {
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	var exact, others []Entry
	for line := range strings.Lines(railsZones) {
		name, zone, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if len(names) > 0 && !wanted[name] {
			continue
		}
		delete(wanted, name)
		e := Entry{SCIM: schema.StringValue(zone), Native: schema.StringValue(name)}
		if last := zone[strings.LastIndexByte(zone, '/')+1:]; strings.ReplaceAll(last, "_", " ") == name {
			exact = append(exact, e)
		} else {
			others = append(others, e)
		}
	}
	entries := append(exact, others...)
	for _, n := range names {
		if wanted[n] && strings.Contains(n, "/") {
			entries = append(entries, Entry{SCIM: schema.StringValue(n), Native: schema.StringValue(n)})
			delete(wanted, n)
		}
	}
	m, err := NewValueMap(MapSpec{Entries: entries})
	if err != nil {
		return nil // cannot be: all entries are texts
	}
	m.addLinks()
	return m
}

// addLinks makes every link a further SCIM name of the zone it leads to, after
// it has named the zones that the table knows under an older name.
func (m *ValueMap) addLinks() {
	text := func(s string) string { return m.key(schema.StringValue(s)) }
	for line := range strings.Lines(zoneLinks) {
		zone, olds, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		names := append([]string{zone}, strings.Fields(olds)...)
		for _, known := range names {
			natives := m.natives[text(known)]
			if natives == nil {
				continue
			}
			for _, n := range names {
				if m.natives[text(n)] == nil {
					m.natives[text(n)] = natives
				}
			}
			break
		}
	}
}

// railsZones are the names of ActiveSupport::TimeZone (Ruby on Rails,
// activesupport/lib/active_support/values/time_zone.rb) with their IANA zones, as
// Freshservice and Zendesk use them: reference/freshservice-timezones.txt, which
// says which names have been seen.
const railsZones = `International Date Line West=Pacific/Midway
Midway Island=Pacific/Midway
American Samoa=Pacific/Pago_Pago
Hawaii=Pacific/Honolulu
Alaska=America/Juneau
Pacific Time (US & Canada)=America/Los_Angeles
Tijuana=America/Tijuana
Mountain Time (US & Canada)=America/Denver
Arizona=America/Phoenix
Chihuahua=America/Chihuahua
Mazatlan=America/Mazatlan
Central Time (US & Canada)=America/Chicago
Saskatchewan=America/Regina
Guadalajara=America/Mexico_City
Mexico City=America/Mexico_City
Monterrey=America/Monterrey
Central America=America/Guatemala
Eastern Time (US & Canada)=America/New_York
Indiana (East)=America/Indiana/Indianapolis
Bogota=America/Bogota
Lima=America/Lima
Quito=America/Lima
Atlantic Time (Canada)=America/Halifax
Caracas=America/Caracas
La Paz=America/La_Paz
Santiago=America/Santiago
Newfoundland=America/St_Johns
Brasilia=America/Sao_Paulo
Buenos Aires=America/Argentina/Buenos_Aires
Montevideo=America/Montevideo
Georgetown=America/Guyana
Puerto Rico=America/Puerto_Rico
Greenland=America/Godthab
Mid-Atlantic=Atlantic/South_Georgia
Azores=Atlantic/Azores
Cape Verde Is.=Atlantic/Cape_Verde
Dublin=Europe/Dublin
Edinburgh=Europe/London
Lisbon=Europe/Lisbon
London=Europe/London
Casablanca=Africa/Casablanca
Monrovia=Africa/Monrovia
UTC=Etc/UTC
Belgrade=Europe/Belgrade
Bratislava=Europe/Bratislava
Budapest=Europe/Budapest
Ljubljana=Europe/Ljubljana
Prague=Europe/Prague
Sarajevo=Europe/Sarajevo
Skopje=Europe/Skopje
Warsaw=Europe/Warsaw
Zagreb=Europe/Zagreb
Brussels=Europe/Brussels
Copenhagen=Europe/Copenhagen
Madrid=Europe/Madrid
Paris=Europe/Paris
Amsterdam=Europe/Amsterdam
Berlin=Europe/Berlin
Bern=Europe/Zurich
Zurich=Europe/Zurich
Rome=Europe/Rome
Stockholm=Europe/Stockholm
Vienna=Europe/Vienna
West Central Africa=Africa/Algiers
Bucharest=Europe/Bucharest
Cairo=Africa/Cairo
Helsinki=Europe/Helsinki
Kyiv=Europe/Kiev
Riga=Europe/Riga
Sofia=Europe/Sofia
Tallinn=Europe/Tallinn
Vilnius=Europe/Vilnius
Athens=Europe/Athens
Istanbul=Europe/Istanbul
Minsk=Europe/Minsk
Jerusalem=Asia/Jerusalem
Harare=Africa/Harare
Pretoria=Africa/Johannesburg
Kaliningrad=Europe/Kaliningrad
Moscow=Europe/Moscow
St. Petersburg=Europe/Moscow
Volgograd=Europe/Volgograd
Samara=Europe/Samara
Kuwait=Asia/Kuwait
Riyadh=Asia/Riyadh
Nairobi=Africa/Nairobi
Baghdad=Asia/Baghdad
Tehran=Asia/Tehran
Abu Dhabi=Asia/Muscat
Muscat=Asia/Muscat
Baku=Asia/Baku
Tbilisi=Asia/Tbilisi
Yerevan=Asia/Yerevan
Kabul=Asia/Kabul
Ekaterinburg=Asia/Yekaterinburg
Islamabad=Asia/Karachi
Karachi=Asia/Karachi
Tashkent=Asia/Tashkent
Chennai=Asia/Kolkata
Kolkata=Asia/Kolkata
Mumbai=Asia/Kolkata
New Delhi=Asia/Kolkata
Kathmandu=Asia/Kathmandu
Astana=Asia/Dhaka
Dhaka=Asia/Dhaka
Sri Jayawardenepura=Asia/Colombo
Almaty=Asia/Almaty
Novosibirsk=Asia/Novosibirsk
Rangoon=Asia/Rangoon
Bangkok=Asia/Bangkok
Hanoi=Asia/Bangkok
Jakarta=Asia/Jakarta
Krasnoyarsk=Asia/Krasnoyarsk
Beijing=Asia/Shanghai
Chongqing=Asia/Chongqing
Hong Kong=Asia/Hong_Kong
Urumqi=Asia/Urumqi
Kuala Lumpur=Asia/Kuala_Lumpur
Singapore=Asia/Singapore
Taipei=Asia/Taipei
Perth=Australia/Perth
Irkutsk=Asia/Irkutsk
Ulaanbaatar=Asia/Ulaanbaatar
Seoul=Asia/Seoul
Osaka=Asia/Tokyo
Sapporo=Asia/Tokyo
Tokyo=Asia/Tokyo
Yakutsk=Asia/Yakutsk
Darwin=Australia/Darwin
Adelaide=Australia/Adelaide
Canberra=Australia/Melbourne
Melbourne=Australia/Melbourne
Sydney=Australia/Sydney
Brisbane=Australia/Brisbane
Hobart=Australia/Hobart
Vladivostok=Asia/Vladivostok
Guam=Pacific/Guam
Port Moresby=Pacific/Port_Moresby
Magadan=Asia/Magadan
Srednekolymsk=Asia/Srednekolymsk
Solomon Is.=Pacific/Guadalcanal
New Caledonia=Pacific/Noumea
Fiji=Pacific/Fiji
Kamchatka=Asia/Kamchatka
Marshall Is.=Pacific/Majuro
Auckland=Pacific/Auckland
Wellington=Pacific/Auckland
Nuku'alofa=Pacific/Tongatapu
Tokelau Is.=Pacific/Fakaofo
Chatham Is.=Pacific/Chatham
Samoa=Pacific/Apia
`

// zoneLinks are links of the IANA time zone database (file backward): a zone and
// its other names. Where that file joins zones that have been alike since 1970
// (Europe/Oslo is Europe/Berlin there), only names that lead to a zone of
// railsZones are listed. GMT is no link of UTC, but never differs from it.
const zoneLinks = `Africa/Cairo=Egypt
Africa/Johannesburg=Africa/Maseru Africa/Mbabane
Africa/Maputo=Africa/Harare Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Kigali Africa/Lubumbashi Africa/Lusaka
Africa/Nairobi=Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti Africa/Kampala Africa/Mogadishu Indian/Antananarivo Indian/Comoro Indian/Mayotte
Africa/Tripoli=Libya
America/Adak=America/Atka US/Aleutian
America/Anchorage=US/Alaska
America/Argentina/Buenos_Aires=America/Buenos_Aires
America/Argentina/Catamarca=America/Catamarca America/Argentina/ComodRivadavia
America/Argentina/Cordoba=America/Cordoba America/Rosario
America/Argentina/Jujuy=America/Jujuy
America/Argentina/Mendoza=America/Mendoza
America/Chicago=US/Central
America/Denver=America/Shiprock Navajo US/Mountain
America/Detroit=US/Michigan
America/Edmonton=Canada/Mountain America/Yellowknife
America/Halifax=Canada/Atlantic
America/Havana=Cuba
America/Indiana/Indianapolis=America/Fort_Wayne America/Indianapolis US/East-Indiana
America/Indiana/Knox=America/Knox_IN US/Indiana-Starke
America/Iqaluit=America/Pangnirtung
America/Jamaica=Jamaica
America/Kentucky/Louisville=America/Louisville
America/Los_Angeles=US/Pacific
America/Manaus=Brazil/West
America/Mazatlan=Mexico/BajaSur
America/Mexico_City=Mexico/General
America/New_York=US/Eastern
America/Noronha=Brazil/DeNoronha
America/Nuuk=America/Godthab
America/Phoenix=US/Arizona America/Creston
America/Puerto_Rico=America/Anguilla America/Antigua America/Aruba America/Blanc-Sablon America/Curacao America/Dominica America/Grenada America/Guadeloupe America/Kralendijk America/Lower_Princes America/Marigot America/Montserrat America/Port_of_Spain America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent America/Tortola America/Virgin
America/Regina=Canada/Saskatchewan
America/Rio_Branco=America/Porto_Acre Brazil/Acre
America/Santiago=Chile/Continental
America/Sao_Paulo=Brazil/East
America/St_Johns=Canada/Newfoundland
America/Tijuana=America/Ensenada America/Santa_Isabel Mexico/BajaNorte
America/Toronto=Canada/Eastern America/Montreal America/Nipigon America/Thunder_Bay
America/Vancouver=Canada/Pacific
America/Whitehorse=Canada/Yukon
America/Winnipeg=Canada/Central America/Rainy_River
Asia/Ashgabat=Asia/Ashkhabad
Asia/Bangkok=Asia/Phnom_Penh Asia/Vientiane Indian/Christmas
Asia/Dhaka=Asia/Dacca
Asia/Dubai=Asia/Muscat Indian/Mahe Indian/Reunion
Asia/Ho_Chi_Minh=Asia/Saigon
Asia/Hong_Kong=Hongkong
Asia/Jerusalem=Asia/Tel_Aviv Israel
Asia/Kathmandu=Asia/Katmandu
Asia/Kolkata=Asia/Calcutta
Asia/Macau=Asia/Macao
Asia/Makassar=Asia/Ujung_Pandang
Asia/Riyadh=Asia/Aden Asia/Kuwait Antarctica/Syowa
Asia/Seoul=ROK
Asia/Shanghai=Asia/Chungking Asia/Chongqing Asia/Harbin PRC
Asia/Singapore=Singapore
Asia/Taipei=ROC
Asia/Tehran=Iran
Asia/Thimphu=Asia/Thimbu
Asia/Tokyo=Japan
Asia/Ulaanbaatar=Asia/Ulan_Bator Asia/Choibalsan
Asia/Urumqi=Asia/Kashgar
Asia/Yangon=Asia/Rangoon Indian/Cocos
Atlantic/Faroe=Atlantic/Faeroe
Australia/Adelaide=Australia/South
Australia/Brisbane=Australia/Queensland
Australia/Broken_Hill=Australia/Yancowinna
Australia/Darwin=Australia/North
Australia/Hobart=Australia/Tasmania Australia/Currie
Australia/Lord_Howe=Australia/LHI
Australia/Melbourne=Australia/Victoria
Australia/Perth=Australia/West
Australia/Sydney=Australia/ACT Australia/Canberra Australia/NSW
Etc/UTC=UTC UCT Zulu Universal Etc/UCT Etc/Zulu Etc/Universal GMT GMT0 GMT+0 GMT-0 Greenwich Etc/GMT Etc/GMT0 Etc/GMT+0 Etc/GMT-0 Etc/Greenwich
Europe/Belgrade=Europe/Podgorica
Europe/Berlin=Europe/Oslo Arctic/Longyearbyen Atlantic/Jan_Mayen
Europe/Brussels=Europe/Luxembourg
Europe/Chisinau=Europe/Tiraspol
Europe/Dublin=Eire
Europe/Helsinki=Europe/Mariehamn
Europe/Istanbul=Asia/Istanbul Turkey
Europe/Kyiv=Europe/Kiev Europe/Uzhgorod Europe/Zaporozhye
Europe/Lisbon=Portugal
Europe/London=Europe/Belfast Europe/Guernsey Europe/Isle_of_Man Europe/Jersey GB GB-Eire
Europe/Moscow=W-SU
Asia/Nicosia=Europe/Nicosia
Europe/Paris=Europe/Monaco
Europe/Rome=Europe/San_Marino Europe/Vatican
Europe/Warsaw=Poland
Europe/Zurich=Europe/Busingen Europe/Vaduz
Pacific/Auckland=NZ Antarctica/McMurdo Antarctica/South_Pole
Pacific/Chatham=NZ-CHAT
Pacific/Easter=Chile/EasterIsland
Pacific/Guadalcanal=Pacific/Pohnpei Pacific/Ponape
Pacific/Guam=Pacific/Saipan
Pacific/Honolulu=US/Hawaii Pacific/Johnston
Pacific/Kanton=Pacific/Enderbury
Pacific/Kwajalein=Kwajalein
Pacific/Pago_Pago=Pacific/Samoa US/Samoa
Pacific/Port_Moresby=Pacific/Chuuk Pacific/Truk Pacific/Yap
Pacific/Tarawa=Pacific/Majuro Pacific/Funafuti Pacific/Wake Pacific/Wallis
`
