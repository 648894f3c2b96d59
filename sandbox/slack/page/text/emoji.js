// Emoji by Slack's shortcodes, as far as deploy messages and their readers commonly use them.

const TABLE = `
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|warning ⚠️
lock 🔒|unlock 🔓|closed_lock_with_key 🔐|key 🔑|rewind ⏪|fast_forward ⏩|stop_sign 🛑|octagonal_sign 🛑|no_entry ⛔
no_entry_sign 🚫|construction 🚧|rotating_light 🚨|fire 🔥|boom 💥|bomb 💣|rocket 🚀|ship 🚢|anchor ⚓|boat ⛵|sailboat ⛵
speedboat 🚤|ferry ⛴️|ocean 🌊|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|timer_clock ⏲️|alarm_clock ⏰|watch ⌚
clock1 🕐|clock3 🕒|clock6 🕕|clock9 🕘|clock12 🕛|calendar 📆|date 📅|spiral_calendar_pad 🗓️
arrow_forward ▶️|arrow_backward ◀️|double_vertical_bar ⏸️|pause_button ⏸️|black_square_for_stop ⏹️|stop_button ⏹️
black_circle_for_record ⏺️|record_button ⏺️|black_right_pointing_double_triangle_with_vertical_bar ⏭️
next_track_button ⏭️|arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️
arrow_up_down ↕️|left_right_arrow ↔️|leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|arrows_clockwise 🔃
arrows_counterclockwise 🔄|repeat 🔁|repeat_one 🔂|back 🔙|end 🔚|soon 🔜|new 🆕|ok 🆗|sos 🆘|up 🆙|cool 🆒|free 🆓
red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠|large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢
green_circle 🟢|large_blue_circle 🔵|blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫
large_green_square 🟩|large_red_square 🟥|large_yellow_square 🟨|large_orange_square 🟧|large_blue_square 🟦
white_large_square ⬜|black_large_square ⬛|white_medium_square ◻️|black_medium_square ◼️|white_small_square ▫️
black_small_square ▪️|large_blue_diamond 🔷|small_blue_diamond 🔹|large_orange_diamond 🔶|small_orange_diamond 🔸
small_red_triangle 🔺|small_red_triangle_down 🔻|question ❓|grey_question ❔|exclamation ❗|heavy_exclamation_mark ❗
grey_exclamation ❕|bangbang ‼️|interrobang ⁉️|information_source ℹ️|bulb 💡|bell 🔔|no_bell 🔕|loudspeaker 📢|mega 📣
speech_balloon 💬|thought_balloon 💭|eyes 👀|eye 👁️|mag 🔍|mag_right 🔎|gear ⚙️|wrench 🔧|hammer 🔨|nut_and_bolt 🔩
hammer_and_wrench 🛠️|tools 🛠️|toolbox 🧰|package 📦|inbox_tray 📥|outbox_tray 📤|label 🏷️|bookmark 🔖|pushpin 📌
round_pushpin 📍|paperclip 📎|link 🔗|chains ⛓️|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|notebook 📓|books 📚|book 📖
page_facing_up 📄|scroll 📜|receipt 🧾|newspaper 📰|file_folder 📁|open_file_folder 📂|card_index_dividers 🗂️
wastebasket 🗑️|floppy_disk 💾|computer 💻|desktop_computer 🖥️|keyboard ⌨️|satellite_antenna 📡|satellite 🛰️
electric_plug 🔌|battery 🔋|globe_with_meridians 🌐|earth_africa 🌍|earth_americas 🌎|earth_asia 🌏|cloud ☁️|snow_cloud 🌨️
thunder_cloud_and_rain ⛈️|zap ⚡|snowflake ❄️|sunny ☀️|rainbow 🌈|umbrella ☔|tornado 🌪️|droplet 💧|herb 🌿|seedling 🌱
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|moneybag 💰|dollar 💵|shopping_cart 🛒
trophy 🏆|medal 🏅|tada 🎉|confetti_ball 🎊|sparkles ✨|star ⭐|star2 🌟|dizzy 💫|100 💯|dart 🎯|checkered_flag 🏁
triangular_flag_on_post 🚩|white_flag 🏳️|game_die 🎲|jigsaw 🧩|test_tube 🧪|microscope 🔬|telescope 🔭|syringe 💉|pill 💊
ambulance 🚑|fire_engine 🚒|police_car 🚓|truck 🚚|articulated_lorry 🚛|train 🚆|airplane ✈️|helicopter 🚁|bike 🚲
traffic_light 🚦|vertical_traffic_light 🚦|world_map 🗺️|compass 🧭|bug 🐛|beetle 🪲|ant 🐜|bee 🐝|snail 🐌|turtle 🐢
rabbit 🐇|whale 🐳|whale2 🐋|dolphin 🐬|octopus 🐙|crab 🦀|fish 🐟|penguin 🐧|owl 🦉|eagle 🦅|dog 🐶|cat 🐱|panda_face 🐼
monkey 🐒|see_no_evil 🙈|hear_no_evil 🙉|speak_no_evil 🙊|snake 🐍|dragon 🐉|unicorn_face 🦄|robot_face 🤖|ghost 👻
skull 💀|skull_and_crossbones ☠️|coffin ⚰️|alien 👽|smile 😄|smiley 😃|grinning 😀|grin 😁|laughing 😆|joy 😂
rolling_on_the_floor_laughing 🤣|slightly_smiling_face 🙂|wink 😉|blush 😊|sunglasses 😎|heart_eyes 😍|thinking_face 🤔
neutral_face 😐|expressionless 😑|face_with_rolling_eyes 🙄|sweat_smile 😅|sweat 😓|cry 😢|sob 😭|scream 😱|fearful 😨
cold_sweat 😰|disappointed 😞|confused 😕|worried 😟|angry 😠|rage 😡|sleeping 😴|zzz 💤|mask 😷|exploding_head 🤯
partying_face 🥳|melting_face 🫠|saluting_face 🫡|nerd_face 🤓|upside_down_face 🙃|hugging_face 🤗|facepalm 🤦|shrug 🤷
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|ok_hand 👌|clap 👏|raised_hands 🙌|pray 🙏|wave 👋|muscle 💪|point_up ☝️
point_down 👇|point_left 👈|point_right 👉|hand ✋|raised_hand ✋|raised_back_of_hand 🤚|handshake 🤝|crossed_fingers 🤞
v ✌️|writing_hand ✍️|bust_in_silhouette 👤|busts_in_silhouette 👥|construction_worker 👷|detective 🕵️|technologist 🧑‍💻
heart ❤️|green_heart 💚|blue_heart 💙|yellow_heart 💛|broken_heart 💔|heavy_plus_sign ➕|heavy_minus_sign ➖
heavy_multiplication_x ✖️|infinity ♾️|recycle ♻️|wheelchair ♿|beginner 🔰|shield 🛡️|crossed_swords ⚔️|balance_scale ⚖️
coffee ☕|tea 🍵|beer 🍺|beers 🍻|champagne 🍾|cake 🍰|birthday 🎂|pizza 🍕|taco 🌮|doughnut 🍩|apple 🍎|popcorn 🍿
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|zero 0️⃣|keycap_ten 🔟|hash #️⃣
night_with_stars 🌃|crescent_moon 🌙|house 🏠|office 🏢|factory 🏭|bank 🏦|building_construction 🏗️|bricks 🧱|crown 👑
gem 💎|gift 🎁|balloon 🎈|crystal_ball 🔮|magic_wand 🪄|ladder 🪜|bread 🍞|ice_cube 🧊|wrapped_gift 🎁|canary 🐤|baby_chick 🐤
hatching_chick 🐣|bird 🐦|dove_of_peace 🕊️|lifebuoy 🛟|ring_buoy 🛟|email 📧|envelope ✉️|mailbox 📫|telephone_receiver 📞
iphone 📱|pager 📟|camera 📷|movie_camera 🎥|headphones 🎧|musical_note 🎵|radio_button 🔘|white_square_button 🔳
`;

const BY_NAME = new Map(
  TABLE.trim()
    .split(/[|\n]/)
    .map((pair) => {
      const [name, sign] = pair.split(" ");
      return [name, sign];
    }),
);

/** The emoji of a shortcode without its colons, or undefined if the page does not know it. */
export function emojiSign(name) {
  return BY_NAME.get(name);
}

/** Replaces the shortcodes in a text without other formatting, like plain_text objects. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):(?::skin-tone-[2-6]:)?/g, (whole, name) => BY_NAME.get(name) ?? whole);
}
